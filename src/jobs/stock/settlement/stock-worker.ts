/**
 * One range of products, in a worker thread. A product goes on from its last date, or, where a movement has arrived late,
 * from the last date before the look-back; one that would fall below 0 is left as it was. Items are movements, and products
 * that did not change. The movements of one product are read in pages; what its reservations become is held.
 */
import type { Transaction } from '../../../database/database.ts';
import type { ExecutionContext } from '../../../engine/execution-context.ts';
import type { SkippedRecord } from '../../../engine/skip-policy.ts';
import type { Chunk, ChunkHandlers, PartitionContext, Processed } from '../../../engine/step.ts';
import {
  isIdle,
  newlySetAside,
  readProducts,
  type StockProduct,
  type StockTerms,
  settleProducts,
} from './read-products.ts';
import { readProductIds } from './stock-store.ts';
import { stockTerms } from './stock-terms.ts';
import { isException, type SettledProduct, writeStock } from './write-stock.ts';

const LAST_KEY = 'lastKey';
/** Products that are looked up at once. */
const LOOK_UP_MAX = 500;

interface StockChunk extends Chunk {
  readonly products: readonly SettledProduct[];
  readonly movements: number;
  readonly idle: number;
}

export default async function openStockPartition(context: PartitionContext): Promise<ChunkHandlers> {
  return new StockPartition(context);
}

export class StockPartition implements ChunkHandlers<StockChunk, readonly SettledProduct[]> {
  readonly #context: PartitionContext;
  readonly #terms: StockTerms;
  #lastId: bigint;
  /** Read, and not settled yet; by id. */
  #ahead: StockProduct[] = [];

  constructor(context: PartitionContext) {
    this.#context = context;
    this.#terms = stockTerms(context.parameters, context.jobExecutionId);
    this.#lastId = context.executionContext.getLong(LAST_KEY) ?? context.minId - 1n;
  }

  async read(limit: number): Promise<StockChunk | undefined> {
    const { database } = this.#context;
    const products: StockProduct[] = [];
    let movements = 0;
    let idle = 0;
    while (movements + idle < limit) {
      if (this.#ahead.length === 0) await this.#lookUp();
      const [next] = this.#ahead;
      if (next === undefined || (products.length > 0 && movements + next.rows > limit)) break;
      this.#ahead.shift();
      this.#lastId = next.productId;
      if (isIdle(next)) idle++;
      else {
        products.push(next);
        movements += next.rows;
      }
    }
    if (products.length === 0 && idle === 0) return undefined;
    const settled = await settleProducts(database, this.#terms, products, limit);
    return { size: Math.max(1, movements + idle), products: settled, movements, idle };
  }

  async process({ products, movements, idle }: StockChunk): Promise<Processed<readonly SettledProduct[]>> {
    const skipped: SkippedRecord[] = [];
    for (const product of products) {
      const { productId, result } = product;
      if (isException(result)) {
        const payload = JSON.stringify({ productId: productId.toString(), movementId: result.movementId.toString() });
        const error = `product ${productId} is oversold on ${result.date}: ${result.reason}`;
        skipped.push({ phase: 'process', key: `product ${productId}`, payload, error });
        continue;
      }
      for (const { movementId, reason, date } of await newlySetAside(this.#context.database, product)) {
        const payload = JSON.stringify({ productId: productId.toString(), movementId: movementId.toString(), date });
        skipped.push({ phase: 'process', key: `movement ${movementId}`, payload, error: `set aside: ${reason}` });
      }
    }
    const writeCount = Math.max(0, movements - skipped.length);
    return { output: products, writeCount, filterCount: idle, processSkipCount: skipped.length, skipped };
  }

  async write(products: readonly SettledProduct[], tx: Transaction): Promise<void> {
    await writeStock(this.#context.database, tx, this.#terms, products);
  }

  saveState(executionContext: ExecutionContext): void {
    executionContext.put(LAST_KEY, this.#lastId);
  }

  async close(): Promise<void> {}

  async #lookUp(): Promise<void> {
    const { database, maxId } = this.#context;
    const fromId = this.#lastId + 1n;
    if (fromId > maxId) return;
    const ids = await readProductIds(database.knex, fromId, maxId, LOOK_UP_MAX);
    this.#ahead = await readProducts(database, this.#terms, ids);
  }
}
