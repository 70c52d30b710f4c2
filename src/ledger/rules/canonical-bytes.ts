/**
 * `canonicalJournal` (ledger-canonical.ts) of stored columns, written as bytes into one buffer that is used again and
 * again: the same bytes, without a text or an object for a journal. Verification hashes millions of them. Pure.
 */

import { joinWords } from '../../rules/words.ts';
import { canonicalVersion } from './canonical.ts';
import { accountTypes } from './journal.ts';
import type { LedgerPage, TextColumn } from './page.ts';

/** What of journals is only hashed. `businessDate` is a packed date (`packDate`). */
export interface JournalTexts {
  readonly bytes: Uint8Array;
  readonly previousHash: TextColumn;
  readonly key: TextColumn;
  readonly kind: TextColumn;
  readonly reason: TextColumn;
  readonly contentDigest: TextColumn;
  readonly businessDate: Float64Array;
}

const encoder = new TextEncoder();
const typeFields = accountTypes.map((type) => encoder.encode(`${type.length}:${type};`));
const head = encoder.encode(`${`settle-journal-${canonicalVersion}`.length}:settle-journal-${canonicalVersion};`);
const COLON = 58;
const SEMICOLON = 59;
const DASH = 45;
const SPACE = 32;
const POINT = 46;
const DIGIT_0 = 48;
const TWO_31 = 2_147_483_648;
const TWO_32 = 4_294_967_296;
/** The highest bit of every byte of a word: set in what is not ASCII. */
const NOT_ASCII = 0x80808080;
/** More than the numbers and times of a journal, an entry with its lot, or a use can take. */
const JOURNAL_BYTES = 256;
const ENTRY_BYTES = 256;
const USE_BYTES = 128;
/** Longer journals are few. */
const viewLengthMax = 8_192;
/** How a packed instant counts a day: hours, minutes and seconds in 5, 6 and 6 bits, then milliseconds. */
const DAY = 131_072_000;
const DATE_DIGITS = 10;
const INSTANT_DIGITS = 23;
/** With its prefix and what ends it; and the same in whole words. */
const INSTANT_LENGTH = 27;
const INSTANT_BYTES = 28;

/** Columns of 64-bit integers as pairs of 32-bit words: a BigInt for each value would be garbage. */
interface PageWords {
  readonly page: LedgerPage;
  /** Of the texts of the journals. */
  readonly source: DataView;
  readonly id: Int32Array;
  readonly reversesId: Int32Array;
  readonly owner: Int32Array;
  readonly entryAmount: Int32Array;
  readonly lotUser: Int32Array;
  readonly lotAmount: Int32Array;
  readonly lotJournal: Int32Array;
  readonly restoresId: Int32Array;
  readonly useAmount: Int32Array;
}

function wordsOf(page: LedgerPage, { bytes }: JournalTexts): PageWords {
  const words = (values: BigInt64Array) => new Int32Array(values.buffer);
  const { journals, entries, lots, uses } = page;
  return {
    page,
    source: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    id: words(journals.id),
    reversesId: words(journals.reversesId),
    owner: words(entries.ownerId),
    entryAmount: words(entries.amount),
    lotUser: words(lots.userId),
    lotAmount: words(lots.amount),
    lotJournal: words(uses.lotJournalId),
    restoresId: words(uses.restoresId),
    useAmount: words(uses.amount),
  };
}

/** Where bytes are written: the same memory twice. Every function below returns the position after what it wrote. */
interface Out {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

export class CanonicalBytes {
  #out = emptyOut(65_536);
  /** By length: a view of the buffer's beginning. Lengths repeat, and a new view for every journal would be garbage. */
  #views: Uint8Array[] = [];
  #length = 0;
  #words: PageWords | undefined;
  readonly #grantedAt = new InstantField();
  readonly #expiresAt = new InstantField();

  /** The bytes of the last journal. */
  get content(): Uint8Array {
    const length = this.#length;
    let view = this.#views[length];
    if (view === undefined) {
      view = this.#out.bytes.subarray(0, length);
      if (length < viewLengthMax) this.#views[length] = view;
    }
    return view;
  }

  /** Writes journal `j` of a page that is joined up to it, and whose entries begin at `firstEntry`. */
  write(page: LedgerPage, texts: JournalTexts, j: number, firstEntry: number): void {
    const { entries, lots, uses, join } = page;
    if (this.#words?.page !== page) this.#words = wordsOf(page, texts);
    const words = this.#words;
    const { source } = words;
    const end = join.entryEnd[j];
    let use = firstEntry === 0 ? 0 : join.useEnd[firstEntry - 1];
    this.#reserve(texts, j, end - firstEntry, (end === 0 ? 0 : join.useEnd[end - 1]) - use);
    const out = this.#out;
    const { bytes } = out;
    let at = putInt64(bytes, head.length, words.id, j);
    at = putText(out, at, source, texts.previousHash, j);
    at = putText(out, at, source, texts.key, j);
    at = putText(out, at, source, texts.kind, j);
    at = putDate(bytes, at, texts.businessDate[j]);
    at = putText(out, at, source, texts.reason, j);
    const hasNone = words.reversesId[2 * j] === 0 && words.reversesId[2 * j + 1] === 0;
    at = hasNone ? putNone(bytes, at) : putInt64(bytes, at, words.reversesId, j);
    at = putText(out, at, source, texts.contentDigest, j);
    at = putInteger(bytes, at, end - firstEntry);
    for (let e = firstEntry; e < end; e++) {
      const type = typeFields[entries.type[e]];
      for (let i = 0; i < type.length; i++) bytes[at++] = type[i];
      at = putInt64(bytes, at, words.owner, e);
      at = putInt64(bytes, at, words.entryAmount, e);
      const lot = join.lotOf[e];
      const usesEnd = join.useEnd[e];
      at = putInteger(bytes, at, lot < 0 ? 0 : 1);
      at = putInteger(bytes, at, usesEnd - use);
      if (lot >= 0) {
        at = putInt64(bytes, at, words.lotUser, lot);
        at = putInt64(bytes, at, words.lotAmount, lot);
        at = this.#grantedAt.put(out, at, lots.grantedAt[lot]);
        at = this.#expiresAt.put(out, at, lots.expiresAt[lot]);
      }
      // Their order is that of their key, as it is in the canonical form.
      for (; use < usesEnd; use++) {
        at = putInt64(bytes, at, words.lotJournal, use);
        at = putInteger(bytes, at, uses.lotLineNo[use]);
        at = putInt64(bytes, at, words.restoresId, use);
        at = putInt64(bytes, at, words.useAmount, use);
      }
    }
    this.#length = at;
  }

  #reserve(
    { previousHash, key, kind, reason, contentDigest }: JournalTexts,
    j: number,
    entries: number,
    uses: number,
  ): void {
    const texts = previousHash.length[j] + key.length[j] + kind.length[j] + reason.length[j] + contentDigest.length[j];
    const needed = texts + JOURNAL_BYTES + entries * ENTRY_BYTES + uses * USE_BYTES;
    if (needed <= this.#out.bytes.length) return;
    this.#out = emptyOut(needed * 2);
    this.#views = [];
  }
}

/** What every journal begins with stands there already. */
function emptyOut(size: number): Out {
  const bytes = new Uint8Array(size);
  bytes.set(head);
  return { bytes, view: new DataView(bytes.buffer) };
}

/** A time of lots, which many in a row have in common: written out once, and copied. */
class InstantField {
  #packed = Number.POSITIVE_INFINITY;
  readonly #bytes = new Uint8Array(INSTANT_BYTES);
  readonly #view = new DataView(this.#bytes.buffer);

  /** NaN is none. */
  put({ bytes, view }: Out, at: number, packed: number): number {
    if (Number.isNaN(packed)) return putNone(bytes, at);
    if (packed !== this.#packed) {
      putInstant(this.#bytes, 0, packed);
      this.#packed = packed;
    }
    for (let i = 0; i < INSTANT_BYTES; i += 4) view.setInt32(at + i, this.#view.getInt32(i, true), true);
    return at + INSTANT_LENGTH;
  }
}

function putNone(bytes: Uint8Array, at: number): number {
  bytes[at] = DASH;
  bytes[at + 1] = SEMICOLON;
  return at + 2;
}

/** Copied by words: a call for so few bytes would cost more than they do. */
function putText({ bytes, view }: Out, start: number, source: DataView, column: TextColumn, row: number): number {
  const size = column.length[row];
  const from = column.at[row];
  const to = putPrefix(bytes, start, size);
  const words = size & ~3;
  let seen = 0;
  let i = 0;
  for (; i < words; i += 4) {
    const word = source.getInt32(from + i, true);
    view.setInt32(to + i, word, true);
    seen |= word;
  }
  for (; i < size; i++) {
    const byte = source.getUint8(from + i);
    bytes[to + i] = byte;
    seen |= byte;
  }
  if ((seen & NOT_ASCII) !== 0) return putWideText(bytes, start, source, from, size);
  bytes[to + size] = SEMICOLON;
  return to + size + 1;
}

/** The number before a text is its length in UTF-16 units, as JavaScript has it. */
function putWideText(bytes: Uint8Array, start: number, source: DataView, from: number, size: number): number {
  let units = 0;
  // A byte that continues a character adds nothing, one that begins a character of four bytes adds two units.
  for (let i = 0; i < size; i++) {
    const byte = source.getUint8(from + i);
    if ((byte & 0xc0) !== 0x80) units += byte >= 0xf0 ? 2 : 1;
  }
  let at = putPrefix(bytes, start, units);
  for (let i = 0; i < size; i++) bytes[at++] = source.getUint8(from + i);
  bytes[at] = SEMICOLON;
  return at + 1;
}

function putPrefix(bytes: Uint8Array, start: number, length: number): number {
  const at = putDigits(bytes, start, length, digitCount(length));
  bytes[at] = COLON;
  return at + 1;
}

function putInt64(bytes: Uint8Array, start: number, words: Int32Array, row: number): number {
  const low = words[2 * row];
  const high = words[2 * row + 1];
  if (high === low >> 31) return putInteger(bytes, start, low);
  const number = high * TWO_32 + (low >>> 0);
  if (number <= Number.MAX_SAFE_INTEGER && number >= -Number.MAX_SAFE_INTEGER) return putInteger(bytes, start, number);
  const text = joinWords(low, high).toString();
  let at = putPrefix(bytes, start, text.length);
  for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i);
  bytes[at] = SEMICOLON;
  return at + 1;
}

function putInteger(bytes: Uint8Array, start: number, value: number): number {
  const positive = value < 0 ? -value : value;
  const count = digitCount(positive);
  let at = putPrefix(bytes, start, value < 0 ? count + 1 : count);
  if (value < 0) bytes[at++] = DASH;
  at = putDigits(bytes, at, positive, count);
  bytes[at] = SEMICOLON;
  return at + 1;
}

function putDate(bytes: Uint8Array, start: number, packed: number): number {
  const at = putDateDigits(bytes, putPrefix(bytes, start, DATE_DIGITS), packed);
  bytes[at] = SEMICOLON;
  return at + 1;
}

function putInstant(bytes: Uint8Array, start: number, packed: number): number {
  let at = putDateDigits(bytes, putPrefix(bytes, start, INSTANT_DIGITS), packed);
  const inDay = packed % DAY;
  const seconds = Math.floor(inDay / 1000);
  at = putAfter(bytes, at, SPACE, seconds >> 12, 2);
  at = putAfter(bytes, at, COLON, (seconds >> 6) & 63, 2);
  at = putAfter(bytes, at, COLON, seconds & 63, 2);
  at = putAfter(bytes, at, POINT, inDay % 1000, 3);
  bytes[at] = SEMICOLON;
  return at + 1;
}

function putDateDigits(bytes: Uint8Array, start: number, packed: number): number {
  const date = Math.floor(packed / DAY);
  let at = putDigits(bytes, start, date >> 9, 4);
  at = putAfter(bytes, at, DASH, (date >> 5) & 15, 2);
  return putAfter(bytes, at, DASH, date & 31, 2);
}

function putAfter(bytes: Uint8Array, at: number, separator: number, value: number, count: number): number {
  bytes[at] = separator;
  return putDigits(bytes, at + 1, value, count);
}

/** Exactly `count` digits of a number that is not negative. */
function putDigits(bytes: Uint8Array, start: number, value: number, count: number): number {
  const end = start + count;
  let rest = value;
  let at = end;
  while (rest >= TWO_31) {
    const tenth = Math.floor(rest / 10);
    bytes[--at] = DIGIT_0 + (rest - tenth * 10);
    rest = tenth;
  }
  let low = rest | 0;
  while (at > start) {
    const tenth = (low / 10) | 0;
    bytes[--at] = DIGIT_0 + (low - tenth * 10);
    low = tenth;
  }
  return end;
}

function digitCount(value: number): number {
  if (value < 10) return 1;
  if (value < 100) return 2;
  if (value < 1000) return 3;
  let count = 4;
  for (let limit = 10_000; value >= limit; limit *= 10) count++;
  return count;
}
