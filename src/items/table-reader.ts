/**
 * An ItemReader for the rows of a table in order of an integer key: reads them as columns (src/database/column-scan.ts)
 * and makes an item of a row only when it is asked for. While the items of one fetch are processed and written, the next
 * fetch is on its way: one, never more.
 */
import { ColumnBatch, type ColumnSpec } from '../database/column-batch.ts';
import { openScanner } from '../database/column-scan.ts';
import type { Database } from '../database/database.ts';
import type { Scanner } from '../database/scanner.ts';
import type { Integer } from '../database/values.ts';
import type { ExecutionContext } from '../engine/execution-context.ts';
import type { RangeCut } from '../engine/step.ts';
import type { ItemReader } from './item-parts.ts';

/** Rows a fetch: enough that round trips do not count, few enough for the caches. */
const FETCH_ROWS = 10_000;
/** Key in the execution context. */
const LAST_KEY = 'lastKey';

export interface TableReaderOptions<T> {
  readonly table: string;
  /** A unique integer column with an index. */
  readonly key: string;
  /** At most 8; the key is among them, as int64. */
  readonly columns: readonly ColumnSpec[];
  /** Keys to read, inclusive; default all. */
  readonly from?: bigint;
  readonly to?: bigint;
  /** Fixed SQL, never input: a further condition. */
  readonly where?: string;
  /** Called once for the memory of a fetch, which is used again and again: what makes the item of a row of it. */
  itemOf(batch: ColumnBatch): (row: number) => T;
  keyOf(item: T): Integer;
}

interface Fetch<T> {
  readonly batch: ColumnBatch;
  readonly itemOf: (row: number) => T;
}

/** Reads with a connection of its own, outside of the chunk's transaction; restarts after the last committed key. */
export function tableReader<T>(database: Database, options: TableReaderOptions<T>): ItemReader<T, unknown> {
  return new TableReader(database, options);
}

class TableReader<T> implements ItemReader<T, unknown> {
  readonly #database: Database;
  readonly #options: TableReaderOptions<T>;
  readonly #to: bigint;
  readonly #keyColumn: number;
  #scanner: Scanner | undefined;
  /** Where the fetch begins that is under way, or comes next. */
  #from: bigint;
  #current: Fetch<T>;
  #row = 0;
  #rows = 0;
  #spare: Fetch<T>;
  /** Rows of the spare batch, when they will have arrived; undefined: there are no more. */
  #ahead: Promise<number> | undefined;

  constructor(database: Database, options: TableReaderOptions<T>) {
    this.#database = database;
    this.#options = options;
    this.#from = options.from ?? -(2n ** 63n);
    this.#to = options.to ?? 2n ** 63n - 1n;
    this.#keyColumn = options.columns.findIndex(({ name, type }) => name === options.key && type === 'int64');
    if (this.#keyColumn < 0) throw new TypeError(`the key ${options.key} is not among the columns, as int64`);
    const newFetch = (): Fetch<T> => {
      const batch = new ColumnBatch(options.columns, FETCH_ROWS);
      return { batch, itemOf: options.itemOf(batch) };
    };
    this.#current = newFetch();
    this.#spare = newFetch();
  }

  async open(executionContext: ExecutionContext): Promise<void> {
    const lastKey = executionContext.getLong(LAST_KEY);
    if (lastKey !== undefined) this.#from = lastKey + 1n;
    this.#scanner = await openScanner(this.#database);
    this.#fetchAhead();
  }

  read(): T | undefined | Promise<T | undefined> {
    if (this.#row < this.#rows) return this.#current.itemOf(this.#row++);
    return this.#ahead === undefined ? undefined : this.#turn();
  }

  saveState(executionContext: ExecutionContext, last: T): void {
    executionContext.put(LAST_KEY, BigInt(this.#options.keyOf(last)));
  }

  /** Half of the keys that were not even fetched. */
  async cut(): Promise<RangeCut | undefined> {
    const fetched = await this.#ahead;
    if (fetched !== FETCH_ROWS) return undefined;
    const lastFetched = this.#keyAt(this.#spare, fetched - 1);
    const minId = lastFetched + 1n + (this.#to - lastFetched) / 2n;
    if (minId > this.#to) return undefined;
    const next = this.#row < this.#rows ? this.#keyAt(this.#current, this.#row) : this.#keyAt(this.#spare, 0);
    return { minId, share: Number(this.#to - minId + 1n) / Number(this.#to - next + 1n) };
  }

  async close(): Promise<void> {
    // The connection is not free before.
    await this.#ahead?.catch(() => {});
    await this.#scanner?.close();
  }

  async #turn(): Promise<T | undefined> {
    this.#rows = await this.#ahead!;
    this.#row = 0;
    [this.#current, this.#spare] = [this.#spare, this.#current];
    this.#ahead = undefined;
    if (this.#rows === 0) return undefined;
    const lastKey = this.#keyAt(this.#current, this.#rows - 1);
    if (this.#rows === FETCH_ROWS && lastKey < this.#to) {
      this.#from = lastKey + 1n;
      this.#fetchAhead();
    }
    return this.#current.itemOf(this.#row++);
  }

  #keyAt({ batch }: Fetch<T>, row: number): bigint {
    return batch.int64(this.#keyColumn).values[row];
  }

  #fetchAhead(): void {
    const { table, key, columns, where } = this.#options;
    const query = { table, key, columns, where, from: this.#from, to: this.#to, limit: FETCH_ROWS };
    this.#ahead = this.#scanner!.scan(query, this.#spare.batch);
    // It is waited for later; until then its failure is nobody's.
    this.#ahead.catch(() => {});
  }
}
