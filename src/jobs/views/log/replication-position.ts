/** How far a server has come in its replication, by GTIDs: whether a replica has what its primary had at a moment. */
import type { Database, Executor } from '../../../database/database.ts';

const GTIDS = { mariadb: '@@GLOBAL.gtid_binlog_pos', mysql: '@@GLOBAL.gtid_executed' } as const;

/** Of a primary; undefined where it keeps none (no binary log, or none with GTIDs): then no replica of it can be trusted. */
export async function readPosition({ dialect, knex }: Database): Promise<string | undefined> {
  if (dialect.name === 'sqlite') return undefined;
  const [[row]] = await knex.raw(`SELECT ${GTIDS[dialect.name]} AS position`);
  const position = String(row.position ?? '').replace(/\s/g, '');
  return position === '' ? undefined : position;
}

/** Waits until the replica has come as far; false when it has not within the seconds. */
export async function waitForPosition(
  { dialect, knex }: { readonly dialect: Database['dialect']; readonly knex: Executor },
  position: string,
  seconds: number,
): Promise<boolean> {
  const wait = dialect.name === 'mariadb' ? 'MASTER_GTID_WAIT' : 'WAIT_FOR_EXECUTED_GTID_SET';
  const [[row]] = await knex.raw(`SELECT ${wait}(?, ?) AS answer`, [position, seconds]);
  // NULL: the server could not wait.
  return row.answer !== null && Number(row.answer) === 0;
}
