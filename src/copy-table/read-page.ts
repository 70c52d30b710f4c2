/** Pages of a table in order of its key: the rows behind the last key, at most so many, as columns. */
import { isUtf8 } from 'node:buffer';
import { ColumnBatch } from '../database/column-batch.ts';
import type { Database, Transaction } from '../database/database.ts';
import { withRowReader } from '../database/read-rows.ts';
import type { RowBinding, RowReader } from '../database/row-reader.ts';
import { ExitCode, SettleError } from '../errors.ts';
import { type Canonical, canonicalAt, readSpec, type Side, sqlValueOf } from './column-kind.ts';
import { serverShape } from './column-types.ts';
import type { CopyPlan } from './copy-plan.ts';
import { condition } from './describe-table.ts';
import type { ColumnKind } from './described-column.ts';

export interface PageSource {
  readonly database: Pick<Database, 'dialect'>;
  readonly tx: Transaction;
  readonly table: string;
  readonly plan: Pick<CopyPlan, 'columns' | 'key'>;
  readonly side: Side;
  /** Written by the operator. */
  readonly where: string | undefined;
  /** Inclusive, of the key's first column, which is then an integer. */
  readonly range: readonly [bigint, bigint] | undefined;
}

/** Texts and bytes of a page in memory; a page of larger rows has fewer of them. */
const PAGE_BYTES_MAX = 16 * 1024 * 1024;
const INT64_MAX = 2n ** 63n - 1n;

/** Columns of a page, of which there may be several: one is written while the next is read. */
export function newPage({ database, plan, side }: PageSource, rows: number): ColumnBatch {
  const isSqlite = database.dialect.name === 'sqlite';
  const specs = plan.columns.map((column) => readSpec(column, side, isSqlite));
  return new ColumnBatch(specs, rows, { grows: true, bytesMax: PAGE_BYTES_MAX });
}

/** The key of a row, as JSON can keep it. */
export function keyAt(batch: ColumnBatch, row: number, key: readonly number[]): Canonical[] {
  return key.map((place) => canonicalAt(batch, place, row));
}

export class PageReader {
  readonly #source: PageSource;
  readonly #rowsMax: number;
  #limit: number;

  /** @param rowsMax of a page */
  constructor(source: PageSource, rowsMax: number) {
    this.#source = source;
    this.#rowsMax = rowsMax;
    this.#limit = rowsMax;
  }

  /**
   * Fills the page. Returns whether there is nothing behind it.
   * @param after the key's values of the last row that was read; undefined: from the start
   * @throws SettleError (exit 2) naming column and row, for a value that is not of its column's kind
   */
  async read(after: readonly Canonical[] | undefined, page: ColumnBatch): Promise<boolean> {
    const { database, tx } = this.#source;
    const { sql, bindings } = this.#statement(after, this.#limit);
    page.clear();
    await withRowReader(database, tx, async (reader) => {
      await reader.read(sql, bindings, page);
      if (page.unreadable !== undefined) throw this.#unreadable(page, page.unreadable);
      if (database.dialect.name === 'sqlite') await this.#requireCharacters(reader, sql, bindings, page);
    });
    const isAtEnd = page.size < this.#limit && !page.isCut;
    // Rows that do not fit come again with the next page: fewer are asked for, and more when they are small again.
    this.#limit = page.isCut ? Math.max(1, page.size) : Math.min(this.#rowsMax, this.#limit * 2);
    return isAtEnd;
  }

  #statement(after: readonly Canonical[] | undefined, limit: number): { sql: string; bindings: RowBinding[] } {
    const { database, table, plan, where, range, side } = this.#source;
    const { columns, key } = plan;
    const quote = (name: string) => database.dialect.quoteIdentifier(name);
    const isSqlite = database.dialect.name === 'sqlite';
    const more: string[] = [];
    const bindings: RowBinding[] = [];
    const name = (place: number) => quote(columns[place][side]);
    if (range !== undefined) {
      more.push(`${name(key[0])} >= ?`, `${name(key[0])} <= ?`);
      bindings.push(...range);
    }
    if (after !== undefined) {
      const last = after.map((value, at) => this.#bound(value, key[at]));
      // Written out: as a comparison of rows, servers do not find its place in an index.
      const steps = last.map((own, depth) =>
        [
          ...last.slice(0, depth).map((one, at) => `${name(key[at])} = ${one.sql}`),
          `${name(key[depth])} > ${own.sql}`,
        ].join(' AND '),
      );
      if (last.length > 1) {
        more.push(`${name(key[0])} >= ${last[0].sql}`);
        bindings.push(last[0].value);
      }
      more.push(`(${steps.map((step) => `(${step})`).join(' OR ')})`);
      for (let depth = 0; depth < last.length; depth++)
        bindings.push(...last.slice(0, depth + 1).map(({ value }) => value));
    }
    const list = columns.map((column, place) =>
      // Of a FLOAT all that it is, as a double.
      column.kind === 'real' && !isSqlite ? `(${name(place)} + 0e0)` : name(place),
    );
    const order = key.map(name).join(', ');
    bindings.push(BigInt(limit));
    return {
      sql: `SELECT ${list.join(', ')} FROM ${quote(table)}${condition(where, ...more)} ORDER BY ${order} LIMIT ?`,
      bindings,
    };
  }

  /** A value of the key as the server compares it: a number with a text would be compared as two doubles. */
  #bound(value: Canonical, place: number): { sql: string; value: RowBinding } {
    const { database, plan, side } = this.#source;
    const { kind, type, sourceType } = plan.columns[place];
    const own = sqlValueOf(value, kind);
    if (database.dialect.name !== 'sqlite') {
      if (kind === 'decimal') {
        const [whole, fraction] = serverShape(side === 'from' ? sourceType : type)?.digits ?? [35, 30];
        return { sql: `CAST(? AS DECIMAL(${whole + fraction},${fraction}))`, value: String(own) };
      }
      if (typeof own === 'bigint' && own > INT64_MAX)
        return { sql: 'CAST(CAST(? AS CHAR(20)) AS UNSIGNED)', value: own.toString() };
    }
    return { sql: '?', value: typeof own === 'number' || own === null ? String(own) : own };
  }

  #unreadable(page: ColumnBatch, { column, value }: NonNullable<ColumnBatch['unreadable']>): SettleError {
    const { plan, side, table } = this.#source;
    const { kind } = plan.columns[column];
    return refused(
      `column ${plan.columns[column][side]} of ${table} holds ${JSON.stringify(value.slice(0, 40))} ${this.#behind(page)}, which is no ${kind}`,
    );
  }

  /** Where a row is that cannot be read itself. */
  #behind(page: ColumnBatch): string {
    const { plan, side } = this.#source;
    if (page.size === 0) return 'in the first row of a page';
    const last = keyAt(page, page.size - 1, plan.key);
    return `in the row behind ${plan.key.map((place, at) => `${plan.columns[place][side]} ${last[at]}`).join(', ')}`;
  }

  /**
   * SQLite takes any bytes for a text, and its driver gives U+FFFD for those that are no characters: the copy would differ
   * from the row, and nothing would show it.
   */
  async #requireCharacters(
    reader: RowReader,
    sql: string,
    bindings: readonly RowBinding[],
    page: ColumnBatch,
  ): Promise<void> {
    const used = page.bytes.subarray(0, page.bytesUsed);
    if (!used.includes('\ufffd')) return;
    const { plan, side, database, table } = this.#source;
    for (const spec of page.specs) {
      if (spec.type !== 'text') continue;
      const quoted = database.dialect.quoteIdentifier(spec.name);
      const list = `SELECT CAST(${quoted} AS BLOB)${sql.slice(sql.indexOf(` FROM ${database.dialect.quoteIdentifier(table)}`))}`;
      const raw = new ColumnBatch([{ name: spec.name, type: 'bytes' }], page.size, { grows: true });
      await reader.read(list, [...bindings.slice(0, -1), BigInt(page.size)], raw);
      const { at, length } = raw.texts(0);
      for (let row = 0; row < raw.size; row++) {
        if (isUtf8(raw.bytes.subarray(at[row], at[row] + length[row]))) continue;
        const last = keyAt(page, row, plan.key);
        const where = plan.key.map((one, n) => `${plan.columns[one][side]} ${last[n]}`).join(', ');
        throw refused(`column ${spec.name} of the row with ${where} holds bytes that are no text`);
      }
    }
  }
}

function refused(problem: string): SettleError {
  return new SettleError('COPY_WOULD_LOSE', ExitCode.usage, problem, {
    hint: 'correct the row, or leave it out by --where',
  });
}

export function kindsOf({ columns }: Pick<CopyPlan, 'columns'>): ColumnKind[] {
  return columns.map(({ kind }) => kind);
}
