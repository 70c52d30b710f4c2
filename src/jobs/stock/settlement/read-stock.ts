/** The stock of a date, as it is settled. */
import type { Database, Executor } from '../../../database/database.ts';
import { rowsOf } from '../../../database/rows-of.ts';
import { toBigInt, toText } from '../../../database/values.ts';

export interface StockOfDate {
  readonly productId: bigint;
  readonly onHand: bigint;
  readonly reserved: bigint;
}

export interface StockExceptionView {
  readonly productId: bigint;
  readonly date: string;
  readonly movementId: bigint;
  readonly reason: string;
}

const PAGE_PRODUCTS = 5_000;

/**
 * The stock of every product at the end of a date, by product: of the last date on which it changed. Products that are
 * oversold on the date or before are not there.
 */
export async function* readStock({ knex }: Database, date: string): AsyncGenerator<readonly StockOfDate[]> {
  let after: bigint | undefined;
  for (;;) {
    const page = await readPage(knex, date, after);
    if (page.length > 0) yield page.filter(({ isOversold }) => !isOversold);
    if (page.length < PAGE_PRODUCTS) return;
    after = page.at(-1)?.productId;
  }
}

/** Products that would have fallen below 0 by the date, by product. */
export async function readExceptions({ knex }: Database, date: string): Promise<StockExceptionView[]> {
  const rows = await knex('settle_stock_exception').where('business_date', '<=', date).orderBy('product_id');
  return rows.map((row) => ({
    productId: toBigInt(row.product_id),
    date: toText(row.business_date),
    movementId: toBigInt(row.movement_id),
    reason: toText(row.reason),
  }));
}

async function readPage(
  executor: Executor,
  date: string,
  after: bigint | undefined,
): Promise<(StockOfDate & { readonly isOversold: boolean })[]> {
  const later = after === undefined ? '' : `AND product_id > ${after}`;
  const rows = rowsOf(
    await executor.raw(
      `SELECT d.product_id, d.on_hand, d.reserved, x.product_id AS oversold
        FROM (SELECT product_id, MAX(business_date) AS last_date FROM settle_stock_daily
            WHERE business_date <= ? ${later} GROUP BY product_id ORDER BY product_id LIMIT ${PAGE_PRODUCTS}) l
        JOIN settle_stock_daily d ON d.product_id = l.product_id AND d.business_date = l.last_date
        LEFT JOIN settle_stock_exception x ON x.product_id = d.product_id AND x.business_date <= ?
        ORDER BY d.product_id`,
      [date, date],
    ),
  );
  return rows.map((row) => ({
    productId: toBigInt(row.product_id),
    onHand: toBigInt(row.on_hand),
    reserved: toBigInt(row.reserved),
    isOversold: row.oversold !== null,
  }));
}
