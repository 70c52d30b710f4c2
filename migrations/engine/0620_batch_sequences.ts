/**
 * The three id sequences behind the ids that are there: the tables may be a Spring Batch application's, which up to
 * version 5 took the ids of instances from BATCH_JOB_SEQ. A sequence never goes back.
 */
import type { Knex } from 'knex';
import type { Change, Migration } from '../migration.ts';

const sequences = [
  ['BATCH_JOB_INSTANCE_SEQ', 'BATCH_JOB_INSTANCE', 'JOB_INSTANCE_ID'],
  ['BATCH_JOB_EXECUTION_SEQ', 'BATCH_JOB_EXECUTION', 'JOB_EXECUTION_ID'],
  ['BATCH_STEP_EXECUTION_SEQ', 'BATCH_STEP_EXECUTION', 'STEP_EXECUTION_ID'],
] as const;

type Raise = (knex: Knex, sequence: string, last: number) => Promise<unknown>;

export const migration: Migration = {
  name: '0620_batch_sequences',
  sqlite: raiseAll(async (knex, sequence, last) => {
    await knex.raw(`INSERT OR IGNORE INTO ${sequence} (ID) VALUES (?)`, [last]);
    await knex.raw(`DELETE FROM ${sequence} WHERE ID <= ?`, [last]);
  }),
  // A Spring Batch application that took this server for MySQL has made tables instead of sequences.
  mariadb: raiseAll(async (knex, sequence, last) => {
    const [[found]] = await knex.raw(
      'SELECT TABLE_TYPE AS type FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?',
      [sequence],
    );
    if (found?.type === 'SEQUENCE') await knex.raw(`SELECT SETVAL(${sequence}, ?)`, [last]);
    else await raiseTable(knex, sequence, last);
  }),
  mysql: raiseAll(raiseTable),
};

function raiseAll(raise: Raise): readonly Change[] {
  return sequences.map(([sequence, table, column]) => async (knex: Knex) => {
    const [{ last }]: { last: string | number | null }[] = await knex(table).max({ last: column });
    if (last !== null) await raise(knex, sequence, Number(last));
  });
}

async function raiseTable(knex: Knex, sequence: string, last: number): Promise<void> {
  await knex.raw(`UPDATE ${sequence} SET ID = GREATEST(ID, ?)`, [last]);
}
