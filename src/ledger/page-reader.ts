/**
 * Reads the ledger page by page for verification: a run of journals with all that hangs on them, joined, and checked
 * against their hashes. One set of columns, filled again for every page.
 */

import { RowColumns } from '../database/row-columns.ts';
import type { RowBinding, RowReader } from '../database/row-reader.ts';
import { LinkChecker } from './check-links.ts';
import type { JournalTexts } from './rules/canonical-bytes.ts';
import { joinPage, type LedgerPage, type LotColumns, noteMisfit, readAccountType } from './rules/page.ts';

/** Bounds of a page: what it holds is a few megabytes. */
const journalsMax = 4_096;
const linesMax = 20_000;
/** A journal may have so many (ledger-journal.ts); one that was tampered with may claim to have any number. */
const journalLinesMax = 10_000;
/** Ids asked for in one statement, always as many, so that it is prepared once. */
const idsAStatement = 256;

const journalSpecs = [
  { name: 'id', type: 'int64' },
  { name: 'previous_hash', type: 'text' },
  { name: 'journal_key', type: 'text' },
  { name: 'kind', type: 'text' },
  { name: 'business_date', type: 'date' },
  { name: 'reason', type: 'text' },
  { name: 'reverses_id', type: 'int64', nullable: true },
  { name: 'content_digest', type: 'text' },
  { name: 'line_count', type: 'int32' },
  { name: 'hash_version', type: 'int32' },
  { name: 'hash', type: 'text' },
] as const;
const lineKeys = [
  { name: 'journal_id', type: 'int64' },
  { name: 'line_no', type: 'int32' },
] as const;
const entrySpecs = [
  ...lineKeys,
  { name: 'account_type', type: 'text' },
  { name: 'owner_id', type: 'int64' },
  { name: 'amount', type: 'int64' },
] as const;
const lotSpecs = [
  ...lineKeys,
  { name: 'user_id', type: 'int64' },
  { name: 'amount', type: 'int64' },
  { name: 'remaining', type: 'int64' },
  { name: 'granted_at', type: 'datetime' },
  { name: 'expires_at', type: 'datetime', nullable: true },
] as const;
const useSpecs = [
  ...lineKeys,
  { name: 'lot_journal_id', type: 'int64' },
  { name: 'lot_line_no', type: 'int32' },
  { name: 'restores_id', type: 'int64' },
  { name: 'amount', type: 'int64' },
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
  readonly #journals: RowColumns;
  readonly #entries: RowColumns;
  readonly #lots: RowColumns;
  readonly #uses: RowColumns;
  readonly #givenBack: RowColumns;
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
    this.#journals = new RowColumns(journalSpecs, isShared);
    this.#entries = new RowColumns(entrySpecs, isShared);
    this.#lots = new RowColumns(lotSpecs, isShared);
    this.#uses = new RowColumns(useSpecs, isShared);
    this.#givenBack = new RowColumns(lotSpecs, isShared);
  }

  /**
   * The next journals from id `from` on, up to `to` at most. The page is valid until the next call. What it finds wrong
   * is `page.misfit`.
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
    const last = isCut ? journals.int64[0][size - 1] : to;
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
    const { size, textAt, textLength, bytes } = this.#journals;
    if (size === 0) return undefined;
    return Buffer.from(bytes.buffer, textAt[column][row], textLength[column][row]).toString('utf8');
  }

  async #fill(columns: RowColumns, statement: string, bindings: readonly RowBinding[]): Promise<void> {
    columns.clear();
    await this.#reader.read(statement, bindings, columns);
  }

  /** How many journals fit into a page with their lines, at least one; and how many lines those say they have. */
  #untilFull(): [number, number] {
    const counts = this.#journals.int32[8];
    let lines = 0;
    for (let j = 0; j < this.#journals.size; j++) {
      const more = Math.min(Math.max(counts[j], 0), journalLinesMax);
      if (j > 0 && lines + more > linesMax) return [j, lines];
      lines += more;
    }
    return [this.#journals.size, lines];
  }

  async #readGivenBack(): Promise<void> {
    const { size, int64 } = this.#uses;
    const ids = new Set<bigint>();
    for (let u = 0; u < size; u++) if (int64[4][u] !== 0n) ids.add(int64[2][u]);
    const sorted = [...ids].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    for (let at = 0; at < sorted.length; at += idsAStatement) {
      const some = sorted.slice(at, at + idsAStatement);
      while (some.length < idsAStatement) some.push(some[0]);
      await this.#reader.read(sql.lotsOf, some, this.#givenBack);
    }
  }

  #texts(): JournalTexts & { readonly hash: { at: Int32Array; length: Int32Array } } {
    const { bytes, textAt, textLength, instants } = this.#journals;
    const text = (c: number) => ({ at: textAt[c], length: textLength[c] });
    return {
      bytes,
      previousHash: text(1),
      key: text(2),
      kind: text(3),
      businessDate: instants[4],
      reason: text(5),
      contentDigest: text(7),
      hash: text(10),
    };
  }

  #page(): LedgerPage {
    const [journals, entries, uses] = [this.#journals, this.#entries, this.#uses];
    this.#reserve(journals.capacity, entries.capacity);
    const { textAt, textLength, bytes } = entries;
    for (let e = 0; e < entries.size; e++) this.#types[e] = readAccountType(bytes, textAt[2][e], textLength[2][e]);
    return {
      journals: {
        size: journals.size,
        id: journals.int64[0],
        reversesId: journals.int64[6],
        lineCount: journals.int32[8],
        hashVersion: journals.int32[9],
      },
      entries: {
        size: entries.size,
        journalId: entries.int64[0],
        lineNo: entries.int32[1],
        ownerId: entries.int64[3],
        ownerWords: entries.words[3],
        amount: entries.int64[4],
        amountWords: entries.words[4],
        type: this.#types,
      },
      lots: lotColumns(this.#lots),
      uses: {
        size: uses.size,
        journalId: uses.int64[0],
        lineNo: uses.int32[1],
        lotJournalId: uses.int64[2],
        lotLineNo: uses.int32[3],
        restoresId: uses.int64[4],
        amount: uses.int64[5],
      },
      givenBack: lotColumns(this.#givenBack),
      join: { entryEnd: this.#entryEnd, lotOf: this.#lotOf, useEnd: this.#useEnd },
      misfit: undefined,
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
      noteMisfit(page, { journal: j, isAfterEffects: false, place, problem: 'it reverses journal 0, which is none' });
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
      const id = column > 0 ? columns.int64[0][row] : undefined;
      const line = noun === 'journal' || column < 2 ? '' : `.${columns.int32[1][row]}`;
      const found = id === undefined ? 0 : page.journals.id.subarray(0, page.journals.size).indexOf(id);
      noteMisfit(page, {
        journal: columns === journals ? row : Math.max(found, 0),
        isAfterEffects: false,
        place: id === undefined ? `the ${noun} after ${row} others` : `${noun} ${id}${line}`,
        problem: `${columns.specs[column].name} is ${JSON.stringify(value.slice(0, 60))}`,
      });
    }
  }
}

function lotColumns({ size, int64, int32, instants }: RowColumns): LotColumns {
  return {
    size,
    journalId: int64[0],
    lineNo: int32[1],
    userId: int64[2],
    amount: int64[3],
    remaining: int64[4],
    grantedAt: instants[5],
    expiresAt: instants[6],
  };
}
