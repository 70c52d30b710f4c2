/** BATCH_JOB_EXECUTION_PARAMS: the primary key that a table of an earlier settle, or of Spring Batch itself, lacks. */
import type { Knex } from 'knex';
import type { Migration } from '../migration.ts';
import { indexesOn, lacksPrimaryKey } from './primary-key.ts';

const table = 'BATCH_JOB_EXECUTION_PARAMS';
const key = 'JOB_EXECUTION_ID, PARAMETER_NAME';
/** Made by servers for the foreign key; the primary key begins like it. */
const covered = 'JOB_EXEC_PARAMS_FK';
const servers = [addPrimaryKey];

export const migration: Migration = {
  name: '0601_batch_job_execution_params_key',
  sqlite: [],
  mariadb: servers,
  mysql: servers,
};

async function addPrimaryKey(knex: Knex): Promise<void> {
  if (!(await lacksPrimaryKey(knex, table))) return;
  const [twice] = await knex.raw(`SELECT 1 FROM ${table} GROUP BY ${key} HAVING COUNT(*) > 1 LIMIT 1`);
  if (twice.length > 0) return;
  const drop = (await indexesOn(knex, table, 'JOB_EXECUTION_ID')).includes(covered) ? `, DROP INDEX ${covered}` : '';
  await knex.raw(`ALTER TABLE ${table} ADD PRIMARY KEY (${key})${drop}`);
}
