/** The table `settle_bench`: that a database belongs to the bench, and which rows are in it. */
import type { Database } from '../database/database.ts';
import type { DataSpec } from './data-spec.ts';

export const MARKER = 'settle_bench';

/** Tables that other programs fill: with a row in one of them, a database is in use. */
export const PLATFORM_TABLES = [
  ...['view_log', 'video', 'video_daily_stats', 'challenge', 'BATCH_JOB_INSTANCE'],
  ...['coupon', 'stock', 'payment_order', 'payment_approval', 'deposit_account'],
  'notification_token',
];

export interface Marker {
  /** Undefined: no rows have been asked for yet. */
  readonly spec?: DataSpec;
  /** False while the rows are being made. */
  readonly isComplete: boolean;
}

/** Whether settle, the bench or a peer makes tables of this name. */
export function isBenchTable(name: string): boolean {
  return (
    /^(settle_|batch_|peer_|sqlite_)/i.test(name) ||
    /^(view_log|video|video_daily_stats|notification_token|(challenge|coupon|stock|payment|deposit)(_\w+)?)$/.test(name)
  );
}

/** Undefined: the database is not the bench's. */
export async function readMarker(database: Database): Promise<Marker | undefined> {
  if (!(await database.knex.schema.hasTable(MARKER))) return undefined;
  const row = await database.knex(MARKER).first();
  return row === undefined ? undefined : (JSON.parse(String(row.marker)) as Marker);
}

export async function writeMarker(database: Database, marker: Marker): Promise<void> {
  const { knex, dialect } = database;
  const { integer, longText } = dialect.columnTypes;
  await knex.raw(
    `CREATE TABLE IF NOT EXISTS ${MARKER} (id ${integer} NOT NULL PRIMARY KEY, marker ${longText} NOT NULL)${dialect.tableOptions}`,
  );
  await database.transaction(async (tx) => {
    await tx(MARKER).delete();
    await tx(MARKER).insert({ id: 1, marker: JSON.stringify(marker) });
  });
}
