/** An ItemReader for the rows of any SELECT, streamed; restarted by a key, or by the number of rows that are done. */
import { createHash } from 'node:crypto';
import type { Database } from '../database/database.ts';
import { openRowStream } from '../database/row-stream.ts';
import type { ExecutionContext } from '../engine/execution-context.ts';
import type { ItemReader } from '../steps/item-step.ts';
import { changedBelow, keyIsNull, keyNotUnique, notOrdered, unknownColumn } from './item-error.ts';
import type { PlainRow } from './plain-rows.ts';

export interface QueryReaderOptions {
  /** A SELECT; fixed SQL, never input: what varies is bound. */
  readonly sql: string;
  readonly bindings?: readonly (string | number | bigint)[];
  /**
   * A column of the result, of which no two rows have the same value: rows come in its order, and a restart goes on behind
   * the last. Without it the SELECT orders its rows itself, always in the same way, and a restart counts them.
   */
  readonly key?: string;
}

const LAST_KEY = 'lastKey';
const ROWS_DONE = 'rowsDone';
const LAST_DIGEST = 'lastDigest';
const SOURCE = 'the query';

/** Plain rows, on a connection of their own. */
export function queryReader<T extends object = PlainRow>(
  database: Database,
  options: QueryReaderOptions,
): ItemReader<T, unknown>;
export function queryReader(database: Database, options: QueryReaderOptions): ItemReader<PlainRow, unknown> {
  return new QueryReader(database, options);
}

class QueryReader implements ItemReader<PlainRow, unknown> {
  /** Rows may be alike in all but the key, which need not be in the item's identity. */
  readonly goesByPlace = true;
  readonly #database: Database;
  readonly #options: QueryReaderOptions;
  #rows: AsyncGenerator<PlainRow> | undefined;
  #lastKey: unknown;
  /** Rows that were committed before. */
  #rowsBefore = 0n;
  #failure: unknown;
  readonly #digests = new WeakMap<PlainRow, string>();

  constructor(database: Database, options: QueryReaderOptions) {
    this.#database = database;
    this.#options = options;
  }

  async open(executionContext: ExecutionContext): Promise<void> {
    const { sql, bindings = [], key } = this.#options;
    if (key === undefined) {
      this.#rows = openRowStream(this.#database, sql, bindings);
      await this.#passOver(executionContext);
      return;
    }
    const name = this.#database.dialect.quoteIdentifier(key);
    const last = executionContext.get(LAST_KEY);
    const after = last === undefined ? '' : ` WHERE ${name} > ?`;
    const values = last === undefined ? bindings : [...bindings, last as string | number | bigint];
    this.#rows = openRowStream(
      this.#database,
      `SELECT * FROM (${sql}) AS settle_source${after} ORDER BY ${name}`,
      values,
    );
    // A second row of that key would be passed over.
    if (last !== undefined) await this.#requireOnlyOne(key, last as string | bigint);
    this.#lastKey = typeof last === 'bigint' && Number.isSafeInteger(Number(last)) ? Number(last) : last;
  }

  async read(): Promise<PlainRow | undefined> {
    // A step that skips this error would else take the rest for the end.
    if (this.#failure !== undefined) throw this.#failure;
    try {
      const { value, done } = await this.#rows!.next();
      if (done === true) return undefined;
      const { key } = this.#options;
      if (key !== undefined) await this.#requireNext(key, value);
      // As it was read: a processor may change it.
      else this.#digests.set(value, digestOf(value));
      return value;
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  saveState(executionContext: ExecutionContext, last: PlainRow, itemsDone: number): void {
    const { key } = this.#options;
    if (key === undefined) {
      executionContext.put(ROWS_DONE, this.#rowsBefore + BigInt(itemsDone));
      executionContext.put(LAST_DIGEST, this.#digests.get(last) ?? digestOf(last));
      return;
    }
    const value = last[key];
    executionContext.put(LAST_KEY, Number.isInteger(value) ? BigInt(value as number) : (value as string | bigint));
  }

  async close(): Promise<void> {
    await this.#rows?.return(undefined);
  }

  /** The rows that are done, the last of which must be what it was. */
  async #passOver(executionContext: ExecutionContext): Promise<void> {
    const done = executionContext.getLong(ROWS_DONE) ?? 0n;
    let last: PlainRow | undefined;
    for (; this.#rowsBefore < done; this.#rowsBefore++) {
      const next = await this.#rows!.next();
      if (next.done === true) throw changedBelow(SOURCE, `it had ${done} rows or more, and has ${this.#rowsBefore}`);
      last = next.value;
    }
    if (last !== undefined && digestOf(last) !== executionContext.getString(LAST_DIGEST))
      throw changedBelow(SOURCE, `row ${done} is another one (does it say ORDER BY a unique key?)`);
  }

  async #requireNext(key: string, row: PlainRow): Promise<void> {
    const value = row[key];
    const last = this.#lastKey;
    if (value === undefined) throw unknownColumn(SOURCE, key, Object.keys(row));
    if (value === null) throw keyIsNull(SOURCE, key);
    if (value === last) throw keyNotUnique(SOURCE, key, value);
    const isNumber = typeof value === 'number' || typeof value === 'bigint';
    if (isNumber && (typeof last === 'number' || typeof last === 'bigint') && value < last)
      throw notOrdered(SOURCE, key, value, last);
    if (typeof value === 'string' && typeof last === 'string' && looksAlike(value, last))
      await this.#requireOnlyOne(key, value);
    this.#lastKey = value;
  }

  /** The database compares texts by its collation, which may not tell `a` from `A`: a restart would pass over one of them. */
  async #requireOnlyOne(key: string, value: string | bigint): Promise<void> {
    const { sql, bindings = [] } = this.#options;
    const rows = openRowStream(
      this.#database,
      `SELECT COUNT(*) AS found FROM (${sql}) AS settle_source WHERE ${this.#database.dialect.quoteIdentifier(key)} = ?`,
      [...bindings, value],
    );
    for await (const { found } of rows) if (Number(found) > 1) throw keyNotUnique(SOURCE, key, value);
  }
}

/** Whether some collation could take them for the same. */
function looksAlike(one: string, other: string): boolean {
  return alike.compare(one.trimEnd(), other.trimEnd()) === 0;
}

const alike = new Intl.Collator('en', { sensitivity: 'base', usage: 'search' });

function digestOf(row: PlainRow): string {
  const text = JSON.stringify(row, (_key, value) => (typeof value === 'bigint' ? `${value}n` : value));
  return createHash('sha256').update(text).digest('hex');
}
