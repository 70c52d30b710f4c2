/** What of products is available at an instant: what is settled, and every movement since, by the book that settles them. */
import type { Database } from '../../../database/database.ts';
import { instantText, parseInstant } from '../../../database/instant.ts';
import { SettleError } from '../../../errors.ts';
import { readProducts, type StockProduct, type StockTerms, settleProducts } from '../settlement/read-products.ts';
import { isException, type SettledProduct } from '../settlement/write-stock.ts';

const MOVEMENTS_MAX = 10_000;
const TRIES_MAX = 5;

/** The database's time, or the end of the run's date where that is later. */
export async function comparedAt({ knex, dialect }: Database, terms: StockTerms): Promise<StockTerms> {
  const now = instantText(parseInstant(await dialect.now(knex)));
  return { ...terms, end: now > terms.end ? now : terms.end };
}

/** Units by product, until `terms.end`; without those that are oversold, or whose movements were written all the time. */
export async function readAvailable(
  database: Database,
  terms: StockTerms,
  ids: readonly bigint[],
): Promise<Map<bigint, bigint>> {
  const available = new Map<bigint, bigint>();
  let missing = ids;
  for (let tries = 0; missing.length > 0 && tries < TRIES_MAX; tries++) {
    const again: bigint[] = [];
    for (const products of batches(await readProducts(database, terms, missing))) {
      try {
        const settled = await settleProducts(database, terms, products, MOVEMENTS_MAX);
        for (const [at, one] of settled.entries()) {
          const units = unitsOf(products[at], one);
          if (units !== undefined) available.set(one.productId, units);
        }
      } catch (error) {
        if (!(error instanceof SettleError) || error.code !== 'OPTIMISTIC_LOCK') throw error;
        again.push(...products.map(({ productId }) => productId));
      }
    }
    missing = again;
  }
  return available;
}

function unitsOf({ base, opening }: StockProduct, { result }: SettledProduct): bigint | undefined {
  if (isException(result)) return undefined;
  const last = result.days.at(-1) ?? base;
  return last === undefined ? opening : last.onHand - last.reserved;
}

/** As many products as have movements that fit into memory; one that has more is read in pages. */
function* batches(products: readonly StockProduct[]): Generator<readonly StockProduct[]> {
  let batch: StockProduct[] = [];
  let rows = 0;
  for (const product of products) {
    if (batch.length > 0 && rows + product.rows > MOVEMENTS_MAX) {
      yield batch;
      batch = [];
      rows = 0;
    }
    batch.push(product);
    rows += product.rows;
  }
  if (batch.length > 0) yield batch;
}
