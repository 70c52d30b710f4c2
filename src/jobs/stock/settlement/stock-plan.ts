/** Which products there are: those with a row of stock, and those with a movement. */
import type { Database } from '../../../database/database.ts';
import { streamRows } from '../../../database/stream-rows.ts';
import { toBigInt } from '../../../database/values.ts';

/** Their ids, in ascending order. */
export async function* streamProductIds(database: Database): AsyncGenerator<bigint> {
  const sql = `SELECT p.id FROM (SELECT DISTINCT product_id AS id FROM stock_movement
    UNION SELECT product_id FROM stock) p ORDER BY p.id`;
  for await (const row of streamRows(database, sql, [])) yield toBigInt(row.id);
}
