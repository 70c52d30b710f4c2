/** How large tables are, before and after a purge. */
import type { Database } from '../database/database.ts';
import type { TableSize } from '../database/inspect.ts';
import { toNumber } from '../database/values.ts';
import { purgedTables } from '../repository/purge.ts';

const LARGEST_SHOWN = 8;

/** Exact rows of the tables that purge removes rows from. */
export async function readTableCounts({
  knex,
}: Database): Promise<{ readonly table: string; readonly rows: number }[]> {
  const counts: { table: string; rows: number }[] = [];
  for (const table of purgedTables) {
    const [{ rows }] = await knex(table).count({ rows: '*' });
    counts.push({ table, rows: toNumber(rows) });
  }
  return counts;
}

/** The largest tables of the database, whoever writes them; rows are an estimate on servers. */
export async function readLargestTables({ knex, dialect }: Database): Promise<readonly TableSize[]> {
  return (await dialect.inspect.tableSizes(knex)).slice(0, LARGEST_SHOWN);
}

/** Gives freed room back to the file system. Takes a lock for as long as it copies a table. */
export async function compactTables({ knex, dialect }: Database): Promise<void> {
  if (dialect.name === 'sqlite') {
    await knex.raw('VACUUM');
    return;
  }
  for (const table of purgedTables) await knex.raw('OPTIMIZE TABLE ??', [table]);
}
