/** The tables of the job `three-sums`: a result, and what each partition adds to it. */
import type { Database } from '../../database/database.ts';
import type { InsertTarget } from '../../database/dialect.ts';

export const PARTS = 'settle_bench_part';
export const SUMS = 'settle_bench_sums';

export const partTarget: InsertTarget = {
  table: PARTS,
  columns: ['partition_no', 'body'],
  mode: 'replace-values',
  keys: ['partition_no'],
};
export const sumsTarget: InsertTarget = {
  table: SUMS,
  columns: ['business_date', 'video_id', 'views', 'ad_views', 'play_seconds'],
};

/** Makes both where they do not exist, and empties them. */
export async function makeTables({ knex, dialect }: Database): Promise<void> {
  const { integer, bigint, blob, date } = dialect.columnTypes;
  const tables = {
    [PARTS]: `partition_no ${integer} NOT NULL PRIMARY KEY, body ${blob} NOT NULL`,
    [SUMS]: `business_date ${date} NOT NULL, video_id ${bigint} NOT NULL, views ${bigint} NOT NULL,
      ad_views ${bigint} NOT NULL, play_seconds ${bigint} NOT NULL, PRIMARY KEY (business_date, video_id)`,
  };
  for (const [table, columns] of Object.entries(tables)) {
    await knex.raw(`CREATE TABLE IF NOT EXISTS ${table} (${columns})${dialect.tableOptions}`);
    await knex(table).truncate();
  }
}
