/**
 * An ItemReader for the rows of a table in order of an integer key: reads them as columns (src/database/column-scan.ts)
 * and makes an item of a row only when it is asked for. While the items of one fetch are processed and written, the next
 * fetch is on its way: one, never more.
 */
import { ColumnBatch, type ColumnSpec, integerAt } from '../database/column-batch.ts';
import { openScanner } from '../database/column-scan.ts';
import type { Database } from '../database/database.ts';
import type { Scanner } from '../database/scanner.ts';
import type { Integer } from '../database/values.ts';
import type { ExecutionContext } from '../engine/execution-context.ts';
import type { RangeCut } from '../engine/step.ts';
import type { ItemReader } from '../steps/item-step.ts';
import { keyIsNull, keyNotUnique, keyType, unknownColumn } from './item-error.ts';
import { type PlainRow, plainRowsOf } from './plain-rows.ts';

/** Rows a fetch: enough that round trips do not count, few enough for the caches. */
const FETCH_ROWS = 10_000;
/** Of rows whose length is not known yet. */
const FETCH_ROWS_FIRST = 500;
/** Of a fetch, about. */
const FETCH_BYTES = 8 * 1024 * 1024;
/** Key in the execution context. */
const LAST_KEY = 'lastKey';
const KEY_MIN = -(2n ** 63n);
const KEY_MAX = 2n ** 63n - 1n;

export interface TableRange {
  /** A table or a view. */
  readonly table: string;
  /** A unique integer column with an index. */
  readonly key: string;
  /** Keys to read, inclusive; default all. */
  readonly from?: bigint;
  readonly to?: bigint;
  /** Fixed SQL, never input: a further condition. */
  readonly where?: string;
}

/** Plain rows (plain-rows.ts). */
export interface TableRowsOptions extends TableRange {
  /** Names; default all. */
  readonly columns?: readonly string[];
}

/** Items made from columns, for a hot path. */
export interface TableReaderOptions<T> extends TableRange {
  /** The key is among them, as int64. */
  readonly columns: readonly ColumnSpec[];
  /** Called once for the memory of a fetch, which is used again and again: what makes the item of a row of it. */
  itemOf(batch: ColumnBatch): (row: number) => T;
  keyOf(item: T): Integer;
}

interface Fetch<T> {
  readonly batch: ColumnBatch;
  readonly itemOf: (row: number) => T;
}

/**
 * Rows in order of their key, of every type; without `itemOf` as plain rows. Reads with a connection of its own, outside
 * of the chunk's transaction; restarts after the last committed key.
 * @throws SettleError (exit 2) for a column or table that is not there, a key that is no integer, NULL or there twice
 */
export function tableReader<T>(database: Database, options: TableReaderOptions<T>): ItemReader<T, unknown>;
export function tableReader<T extends object = PlainRow>(
  database: Database,
  options: TableRowsOptions,
): ItemReader<T, unknown>;
export function tableReader<T>(
  database: Database,
  options: TableReaderOptions<T> | TableRowsOptions,
): ItemReader<T, unknown> | ItemReader<PlainRow, unknown> {
  if ('itemOf' in options) return new TableReader(database, options, async () => options);
  return new TableReader(database, options, (scanner) => plainOptions(scanner, options));
}

/** The columns that were asked for, as the table has them. */
async function plainOptions(scanner: Scanner, options: TableRowsOptions): Promise<TableReaderOptions<PlainRow>> {
  const { table, key } = options;
  const known = await scanner.columnsOf(table);
  const names = options.columns ?? known.map(({ name }) => name);
  const keyFound = names.includes(key);
  const columns = (keyFound ? names : [...names, key]).map((name): ColumnSpec => {
    const spec = known.find((column) => column.name.toLowerCase() === name.toLowerCase());
    if (spec === undefined)
      throw unknownColumn(
        table,
        name,
        known.map((column) => column.name),
      );
    if (name !== key) return { ...spec, name };
    if (spec.type !== 'int64' && spec.type !== 'number' && spec.type !== 'any') throw keyType(table, key);
    return { name, type: 'int64' };
  });
  const keys = new WeakMap<PlainRow, Integer>();
  return {
    ...options,
    columns,
    itemOf: (batch) => {
      const rowOf = plainRowsOf(batch);
      const ids = batch.int64(columns.findIndex(({ name }) => name === key));
      return (row) => {
        const item = rowOf(row);
        if (!keyFound) {
          delete item[key];
          keys.set(item, integerAt(ids, row));
        }
        return item;
      };
    },
    keyOf: (item) => keys.get(item) ?? (item[key] as Integer),
  };
}

class TableReader<T> implements ItemReader<T, unknown> {
  /** Rows may be alike in all but the key, which need not be in the item's identity. */
  readonly goesByPlace = true;
  readonly #database: Database;
  readonly #range: TableRange;
  readonly #optionsOf: (scanner: Scanner) => Promise<TableReaderOptions<T>>;
  #options: TableReaderOptions<T> | undefined;
  readonly #to: bigint;
  #keyColumn = 0;
  #scanner: Scanner | undefined;
  /** Where the fetch begins that is under way, or comes next. */
  #from: bigint;
  #current: Fetch<T> | undefined;
  #row = 0;
  #rows = 0;
  #spare: Fetch<T> | undefined;
  /** Rows asked for by the fetch that is under way. */
  #limit = FETCH_ROWS;
  /** The last key of the fetch before it, or the last one that was committed. */
  #lastKey: bigint | undefined;
  /** Rows of the spare batch, when they will have arrived; undefined: there are no more. */
  #ahead: Promise<number> | undefined;

  constructor(database: Database, range: TableRange, optionsOf: (scanner: Scanner) => Promise<TableReaderOptions<T>>) {
    this.#database = database;
    this.#range = range;
    this.#optionsOf = optionsOf;
    this.#from = range.from ?? KEY_MIN;
    this.#to = range.to ?? KEY_MAX;
  }

  async open(executionContext: ExecutionContext): Promise<void> {
    const lastKey = executionContext.getLong(LAST_KEY);
    if (lastKey !== undefined) {
      // That key is read again: a second row of it must not be passed over.
      this.#from = lastKey;
      this.#lastKey = lastKey;
    }
    const { table, key, where } = this.#range;
    const scanner = await openScanner(this.#database);
    this.#scanner = scanner;
    const options = await this.#optionsOf(scanner);
    this.#options = options;
    this.#keyColumn = options.columns.findIndex(({ name, type }) => name === key && type === 'int64');
    if (this.#keyColumn < 0) throw new TypeError(`the key ${key} is not among the columns, as int64`);
    const nulls = this.#database.knex(table).whereNull(key);
    if ((await (where === undefined ? nulls : nulls.whereRaw(`(${where})`)).first(key)) !== undefined)
      throw keyIsNull(table, key);
    const newFetch = (): Fetch<T> => {
      const batch = new ColumnBatch(options.columns, FETCH_ROWS);
      return { batch, itemOf: options.itemOf(batch) };
    };
    this.#current = newFetch();
    this.#spare = newFetch();
    if (this.#spare.batch.columns.some((column) => 'length' in column || column.type === 'any'))
      this.#limit = FETCH_ROWS_FIRST;
    if (this.#from <= this.#to) this.#fetchAhead();
  }

  read(): T | undefined | Promise<T | undefined> {
    if (this.#row < this.#rows) return this.#current!.itemOf(this.#row++);
    return this.#ahead === undefined ? undefined : this.#turn();
  }

  saveState(executionContext: ExecutionContext, last: T): void {
    executionContext.put(LAST_KEY, BigInt(this.#options!.keyOf(last)));
  }

  /** Half of the keys that were not even fetched. */
  async cut(): Promise<RangeCut | undefined> {
    const fetched = await this.#ahead;
    if (fetched !== this.#limit) return undefined;
    const lastFetched = this.#keyAt(this.#spare!, fetched - 1);
    const minId = lastFetched + 1n + (this.#to - lastFetched) / 2n;
    if (minId > this.#to) return undefined;
    const next = this.#row < this.#rows ? this.#keyAt(this.#current!, this.#row) : this.#keyAt(this.#spare!, 0);
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
    const { batch } = this.#current!;
    const isFull = this.#rows === this.#limit;
    const lastKey = this.#keyAt(this.#current!, this.#rows - 1);
    const { values } = batch.int64(this.#keyColumn);
    try {
      this.#row = this.#requireUnique(values);
    } catch (error) {
      // A step that skips this error would else take the rest for the end.
      this.#rows = 0;
      this.#ahead = Promise.reject(error);
      this.#ahead.catch(() => {});
      throw error;
    }
    this.#lastKey = lastKey;
    if (isFull) {
      if (this.#limit < FETCH_ROWS || batch.bytesUsed > FETCH_BYTES)
        this.#limit = fetchRows(this.#rows, batch.bytesUsed);
      // That key is read again: a second row of it must not be passed over.
      this.#from = lastKey;
      this.#fetchAhead();
    }
    return this.read();
  }

  /** Returns the first row that is new: the last of the fetch before is read again. */
  #requireUnique(keys: BigInt64Array): number {
    const { table, key } = this.#range;
    const isAgain = this.#lastKey !== undefined && keys[0] === this.#lastKey;
    for (let row = 1; row < this.#rows; row++)
      if (keys[row] === keys[row - 1]) throw keyNotUnique(table, key, keys[row]);
    return isAgain ? 1 : 0;
  }

  #keyAt({ batch }: Fetch<T>, row: number): bigint {
    return batch.int64(this.#keyColumn).values[row];
  }

  #fetchAhead(): void {
    const { table, key, columns, where } = this.#options!;
    const query = { table, key, columns, where, from: this.#from, to: this.#to, limit: this.#limit };
    this.#ahead = this.#scanner!.scan(query, this.#spare!.batch);
    // It is waited for later; until then its failure is nobody's.
    this.#ahead.catch(() => {});
  }
}

/** As many as fit the bytes of a fetch, by the last one; at least two, one of which is read again. */
function fetchRows(rows: number, bytes: number): number {
  const fitting = bytes === 0 ? FETCH_ROWS : Math.floor((FETCH_BYTES * rows) / bytes);
  return Math.max(2, Math.min(FETCH_ROWS, fitting, rows * 4));
}
