/**
 * Reads the ledger page by page for verification: a run of journals with all that hangs on them, joined, and checked
 * against their hashes. One set of columns, filled again for every page.
 */

import { ColumnBatch } from '../database/column-batch.ts';
import type { RowBinding, RowReader } from '../database/row-reader.ts';
import { LinkChecker } from './check-links.ts';
import type { JournalTexts } from './rules/canonical-bytes.ts';
import { joinPage, type LedgerPage, type LotColumns, noteViolation, readAccountType } from './rules/page.ts';

/** Bounds of a page: what it holds is a few megabytes. */
const journalsMax = 4_096;
const linesMax = 20_000;
/** A journal may have so many (ledger-journal.ts); one that was tampered with may claim to have any number. */
const journalLinesMax = 10_000;
/** Ids asked for in one statement, always as many, so that it is prepared once. */
const idsAStatement = 256;
/** Of which there is room at first. */
const rowsFirst = 1024;

const journalSpecs = [
  { name: 'id', type: 'int64', isRequired: true },
  { name: 'previous_hash', type: 'text', isRequired: true },
  { name: 'journal_key', type: 'text', isRequired: true },
  { name: 'kind', type: 'text', isRequired: true },
  { name: 'business_date', type: 'date', isRequired: true },
  { name: 'reason', type: 'text', isRequired: true },
  { name: 'reverses_id', type: 'int64' },
  { name: 'content_digest', type: 'text', isRequired: true },
  { name: 'line_count', type: 'int32', isRequired: true },
  { name: 'hash_version', type: 'int32', isRequired: true },
  { name: 'hash', type: 'text', isRequired: true },
] as const;
const lineKeys = [
  { name: 'journal_id', type: 'int64', isRequired: true },
  { name: 'line_no', type: 'int32', isRequired: true },
] as const;
const entrySpecs = [
  ...lineKeys,
  { name: 'account_type', type: 'text', isRequired: true },
  { name: 'owner_id', type: 'int64', isRequired: true },
  { name: 'amount', type: 'int64', isRequired: true },
] as const;
const lotSpecs = [
  ...lineKeys,
  { name: 'user_id', type: 'int64', isRequired: true },
  { name: 'amount', type: 'int64', isRequired: true },
  { name: 'remaining', type: 'int64', isRequired: true },
  { name: 'granted_at', type: 'datetime', isRequired: true },
  { name: 'expires_at', type: 'datetime' },
] as const;
const useSpecs = [
  ...lineKeys,
  { name: 'lot_journal_id', type: 'int64', isRequired: true },
  { name: 'lot_line_no', type: 'int32', isRequired: true },
  { name: 'restores_id', type: 'int64', isRequired: true },
  { name: 'amount', type: 'int64', isRequired: true },
] as const;

const list = (specs: readonly { readonly name: string }[]) => specs.map(({ name }) => name).join(', ');
const inRange = (table: string, specs: readonly { readonly name: string }[], order: string) =>
  `SELECT ${list(specs)} FROM ${table} WHERE journal_id BETWEEN ? AND ? ORDER BY ${order}`;
const sql = {
  journals: `SELECT ${list(journalSpecs)} FROM settle_journal WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?`,
  entries: `${inRange('settle_entry', entrySpecs, 'journal_id, line_no')} LIMIT ?`,
  lots: `${inRange('settle_lot', lotSpecs, 'journal_id, line_no')} LIMIT ?`,
  uses: inRange('settle_consumption', useSpecs, 'journal_id, line_no, lot_journal_id, lot_line_no, restores_id'),
  lotsOf:
    `SELECT ${list(lotSpecs)} FROM settle_lot WHERE journal_id IN (${Array(idsAStatement).fill('?').join(', ')}) ` +
    'ORDER BY journal_id, line_no',
};

export interface ReadPage {
  readonly page: LedgerPage;
  /** The first id after those that the page covers. */
  readonly end: bigint;
  /** The hash that its first journal says to follow, and that of its last; undefined for a page without journals. */
  readonly follows: string | undefined;
  readonly lastHash: string | undefined;
}

export class PageReader {
  readonly #reader: RowReader;
  readonly #links = new LinkChecker();
  readonly #journals: ColumnBatch;
  readonly #entries: ColumnBatch;
  readonly #lots: ColumnBatch;
  readonly #uses: ColumnBatch;
  readonly #givenBack: ColumnBatch;
  readonly #isShared: boolean;
  #types: Uint8Array = new Uint8Array(0);
  #entryEnd: Int32Array = new Int32Array(0);
  #lotOf: Int32Array = new Int32Array(0);
  #useEnd: Int32Array = new Int32Array(0);
  /** Fewer where journals are long, so that few are read in vain. */
  #journalsWanted = journalsMax;

  /** @param isShared pages can be handed to another thread without a copy */
  constructor(reader: RowReader, isShared = false) {
    this.#reader = reader;
    this.#isShared = isShared;
    this.#journals = new ColumnBatch(journalSpecs, rowsFirst, { grows: true, isShared });
    this.#entries = new ColumnBatch(entrySpecs, rowsFirst, { grows: true, isShared });
    this.#lots = new ColumnBatch(lotSpecs, rowsFirst, { grows: true, isShared });
    this.#uses = new ColumnBatch(useSpecs, rowsFirst, { grows: true, isShared });
    this.#givenBack = new ColumnBatch(lotSpecs, rowsFirst, { grows: true, isShared });
  }

  /**
   * The next journals from id `from` on, up to `to` at most. The page is valid until the next call. What it finds wrong
   * is `page.violation`.
   * @param isChecked false: only read, which is what verification is measured against
   */
  async read(from: bigint, to: bigint, isChecked = true): Promise<ReadPage> {
    const journals = this.#journals;
    const wanted = this.#journalsWanted;
    await this.#fill(journals, sql.journals, [from, to, BigInt(wanted)]);
    const found = journals.size;
    const [size, lines] = this.#untilFull();
    journals.size = size;
    const isCut = size < found || (found === wanted && journals.unreadable === undefined);
    const last = isCut ? journals.int64(0).values[size - 1] : to;
    this.#journalsWanted = Math.min(journalsMax, size < found ? size : wanted * 2);
    const limit = BigInt(lines + 1);
    await this.#fill(this.#entries, sql.entries, [from, last, limit]);
    await this.#fill(this.#lots, sql.lots, [from, last, limit]);
    await this.#fill(this.#uses, sql.uses, [from, last]);
    this.#givenBack.clear();
    await this.#readGivenBack();
    const page = this.#page();
    if (isChecked) {
      this.#noteUnreadable(page, size < found);
      joinPage(page);
      this.#links.check(page, this.#texts());
    }
    return { page, end: last + 1n, follows: this.#text(1, 0), lastHash: this.#text(10, size - 1) };
  }

  #text(column: number, row: number): string | undefined {
    return this.#journals.size === 0 ? undefined : this.#journals.textAt(column, row);
  }

  async #fill(columns: ColumnBatch, statement: string, bindings: readonly RowBinding[]): Promise<void> {
    columns.clear();
    await this.#reader.read(statement, bindings, columns);
  }

  /** How many journals fit into a page with their lines, at least one; and how many lines those say they have. */
  #untilFull(): [number, number] {
    const counts = this.#journals.int32(8);
    let lines = 0;
    for (let j = 0; j < this.#journals.size; j++) {
      const more = Math.min(Math.max(counts[j], 0), journalLinesMax);
      if (j > 0 && lines + more > linesMax) return [j, lines];
      lines += more;
    }
    return [this.#journals.size, lines];
  }

  async #readGivenBack(): Promise<void> {
    const { size } = this.#uses;
    const [lotJournals, restores] = [this.#uses.int64(2).values, this.#uses.int64(4).values];
    const ids = new Set<bigint>();
    for (let u = 0; u < size; u++) if (restores[u] !== 0n) ids.add(lotJournals[u]);
    const sorted = [...ids].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    for (let at = 0; at < sorted.length; at += idsAStatement) {
      const some = sorted.slice(at, at + idsAStatement);
      while (some.length < idsAStatement) some.push(some[0]);
      await this.#reader.read(sql.lotsOf, some, this.#givenBack);
    }
  }

  #texts(): JournalTexts & { readonly hash: { at: Int32Array; length: Int32Array } } {
    const journals = this.#journals;
    return {
      bytes: journals.bytes,
      previousHash: journals.texts(1),
      key: journals.texts(2),
      kind: journals.texts(3),
      businessDate: journals.doubles(4),
      reason: journals.texts(5),
      contentDigest: journals.texts(7),
      hash: journals.texts(10),
    };
  }

  #page(): LedgerPage {
    const [journals, entries, uses] = [this.#journals, this.#entries, this.#uses];
    this.#reserve(journals.capacity, entries.capacity);
    const { at, length } = entries.texts(2);
    for (let e = 0; e < entries.size; e++) this.#types[e] = readAccountType(entries.bytes, at[e], length[e]);
    return {
      journals: {
        size: journals.size,
        id: journals.int64(0).values,
        reversesId: journals.int64(6).values,
        lineCount: journals.int32(8),
        hashVersion: journals.int32(9),
      },
      entries: {
        size: entries.size,
        journalId: entries.int64(0).values,
        lineNo: entries.int32(1),
        ownerId: entries.int64(3).values,
        ownerWords: entries.int64(3).words,
        amount: entries.int64(4).values,
        amountWords: entries.int64(4).words,
        type: this.#types,
      },
      lots: lotColumns(this.#lots),
      uses: {
        size: uses.size,
        journalId: uses.int64(0).values,
        lineNo: uses.int32(1),
        lotJournalId: uses.int64(2).values,
        lotLineNo: uses.int32(3),
        restoresId: uses.int64(4).values,
        amount: uses.int64(5).values,
      },
      givenBack: lotColumns(this.#givenBack),
      join: { entryEnd: this.#entryEnd, lotOf: this.#lotOf, useEnd: this.#useEnd },
      violation: undefined,
    };
  }

  #reserve(journals: number, entries: number): void {
    const bytes = (size: number) => (this.#isShared ? new SharedArrayBuffer(size) : new ArrayBuffer(size));
    if (this.#entryEnd.length < journals) this.#entryEnd = new Int32Array(bytes(journals * 4));
    if (this.#types.length >= entries) return;
    this.#types = new Uint8Array(bytes(entries));
    this.#lotOf = new Int32Array(bytes(entries * 4));
    this.#useEnd = new Int32Array(bytes(entries * 4));
  }

  /** Values that are none, and a reversal of journal 0, which columns cannot tell from none. */
  #noteUnreadable(page: LedgerPage, isCut: boolean): void {
    const journals = this.#journals;
    for (let j = 0; j < journals.size; j++) {
      if (page.journals.reversesId[j] !== 0n || (journals.nulls[j] & (1 << 6)) !== 0) continue;
      const place = `journal ${page.journals.id[j]}`;
      noteViolation(page, {
        journal: j,
        isAfterEffects: false,
        place,
        problem: 'it reverses journal 0, which is none',
      });
    }
    const tables = [
      [journals, 'journal'],
      [this.#entries, 'entry'],
      [this.#lots, 'lot'],
      [this.#uses, 'entry'],
      [this.#givenBack, 'lot'],
    ] as const;
    for (const [columns, noun] of tables) {
      if (columns.unreadable === undefined || (columns === journals && isCut)) continue;
      const { row, column, value } = columns.unreadable;
      const id = column > 0 ? columns.int64(0).values[row] : undefined;
      const line = noun === 'journal' || column < 2 ? '' : `.${columns.int32(1)[row]}`;
      const found = id === undefined ? 0 : page.journals.id.subarray(0, page.journals.size).indexOf(id);
      noteViolation(page, {
        journal: columns === journals ? row : Math.max(found, 0),
        isAfterEffects: false,
        place: id === undefined ? `the ${noun} after ${row} others` : `${noun} ${id}${line}`,
        problem: `${columns.specs[column].name} is ${JSON.stringify(value.slice(0, 60))}`,
      });
    }
  }
}

function lotColumns(lots: ColumnBatch): LotColumns {
  return {
    size: lots.size,
    journalId: lots.int64(0).values,
    lineNo: lots.int32(1),
    userId: lots.int64(2).values,
    amount: lots.int64(3).values,
    remaining: lots.int64(4).values,
    grantedAt: lots.doubles(5),
    expiresAt: lots.doubles(6),
  };
}
