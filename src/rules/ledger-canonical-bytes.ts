/**
 * `canonicalJournal` (ledger-canonical.ts) of stored columns, written as bytes into one buffer that is used again and
 * again: the same bytes, without a text or an object for a journal. Verification hashes millions of them. Pure.
 */
import { canonicalVersion } from './ledger-canonical.ts';
import { accountTypes } from './ledger-journal.ts';
import type { LedgerPage, TextColumn } from './ledger-page.ts';

/** What of journals is only hashed. `businessDate` is a packed instant (`digitsOf`). */
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
const DIGIT_0 = 48;
const TWO_32 = 4_294_967_296;
/** More than the numbers and times of a journal, an entry with its lot, or a use can take. */
const JOURNAL_BYTES = 256;
const ENTRY_BYTES = 256;
const USE_BYTES = 128;
/** Longer journals are few. */
const viewLengthMax = 8_192;

/** Columns of 64-bit integers as pairs of 32-bit words: a BigInt for each value would be garbage. */
interface PageWords {
  readonly page: LedgerPage;
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

function wordsOf(page: LedgerPage): PageWords {
  const words = (values: BigInt64Array) => new Int32Array(values.buffer);
  const { journals, entries, lots, uses } = page;
  return {
    page,
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

export class CanonicalBytes {
  /** The bytes of the last journal are its first `length`. */
  buffer = new Uint8Array(65_536);
  length = 0;

  /** By length: a view of the buffer's beginning. Lengths repeat, and a new view for every journal would be garbage. */
  #views: Uint8Array[] = [];
  #words: PageWords | undefined;

  /** The bytes of the last journal. */
  get content(): Uint8Array {
    let view = this.#views[this.length];
    if (view === undefined) {
      view = this.buffer.subarray(0, this.length);
      if (this.length < viewLengthMax) this.#views[this.length] = view;
    }
    return view;
  }

  /** Writes journal `j` of a page that is joined up to it, and whose entries begin at `firstEntry`. */
  write(page: LedgerPage, texts: JournalTexts, j: number, firstEntry: number): void {
    const { journals, entries, lots, uses, join } = page;
    if (this.#words?.page !== page) this.#words = wordsOf(page);
    const words = this.#words;
    const end = join.entryEnd[j];
    let use = firstEntry === 0 ? 0 : join.useEnd[firstEntry - 1];
    this.#reserve(texts, j, end - firstEntry, (end === 0 ? 0 : join.useEnd[end - 1]) - use);
    this.buffer.set(head);
    this.length = head.length;
    this.#int64(words.id, j);
    this.#text(texts.bytes, texts.previousHash, j);
    this.#text(texts.bytes, texts.key, j);
    this.#text(texts.bytes, texts.kind, j);
    this.#date(texts.businessDate[j]);
    this.#text(texts.bytes, texts.reason, j);
    if (journals.reversesId[j] === 0n) this.#none();
    else this.#int64(words.reversesId, j);
    this.#text(texts.bytes, texts.contentDigest, j);
    this.#integer(end - firstEntry);
    for (let e = firstEntry; e < end; e++) {
      const type = typeFields[entries.type[e]];
      for (let i = 0; i < type.length; i++) this.buffer[this.length++] = type[i];
      this.#int64(words.owner, e);
      this.#int64(words.entryAmount, e);
      const lot = join.lotOf[e];
      this.#integer(lot < 0 ? 0 : 1);
      this.#integer(join.useEnd[e] - use);
      if (lot >= 0) {
        this.#int64(words.lotUser, lot);
        this.#int64(words.lotAmount, lot);
        this.#instant(lots.grantedAt[lot]);
        this.#instant(lots.expiresAt[lot]);
      }
      // Their order is that of their key, as it is in the canonical form.
      for (; use < join.useEnd[e]; use++) {
        this.#int64(words.lotJournal, use);
        this.#integer(uses.lotLineNo[use]);
        this.#int64(words.restoresId, use);
        this.#int64(words.useAmount, use);
      }
    }
  }

  #reserve(
    { previousHash, key, kind, reason, contentDigest }: JournalTexts,
    j: number,
    entries: number,
    uses: number,
  ): void {
    const texts = previousHash.length[j] + key.length[j] + kind.length[j] + reason.length[j] + contentDigest.length[j];
    const needed = texts + JOURNAL_BYTES + entries * ENTRY_BYTES + uses * USE_BYTES;
    if (needed <= this.buffer.length) return;
    this.buffer = new Uint8Array(needed * 2);
    this.#views = [];
  }

  #none(): void {
    this.buffer[this.length++] = DASH;
    this.buffer[this.length++] = SEMICOLON;
  }

  /** The number before a text is its length in UTF-16 units, as JavaScript has it. */
  #text(bytes: Uint8Array, { at, length }: TextColumn, row: number): void {
    const buffer = this.buffer;
    const size = length[row];
    const from = at[row];
    const start = this.length;
    this.#prefix(size);
    const to = this.length;
    let seen = 0;
    for (let i = 0; i < size; i++) {
      const byte = bytes[from + i];
      buffer[to + i] = byte;
      seen |= byte;
    }
    if (seen >= 0x80) {
      let units = 0;
      // A byte that continues a character adds nothing, one that begins a character of four bytes adds two units.
      for (let i = 0; i < size; i++) {
        const byte = bytes[from + i];
        if ((byte & 0xc0) !== 0x80) units += byte >= 0xf0 ? 2 : 1;
      }
      this.length = start;
      this.#prefix(units);
      buffer.set(bytes.subarray(from, from + size), this.length);
    }
    this.length += size;
    buffer[this.length++] = SEMICOLON;
  }

  #prefix(length: number): void {
    this.#digits(length, digitCount(length));
    this.buffer[this.length++] = COLON;
  }

  #int64(words: Int32Array, row: number): void {
    const low = words[2 * row] >>> 0;
    const high = words[2 * row + 1];
    const number = high * TWO_32 + low;
    if (number <= Number.MAX_SAFE_INTEGER && number >= -Number.MAX_SAFE_INTEGER) this.#integer(number);
    else {
      const text = ((BigInt(high) << 32n) + BigInt(low)).toString();
      this.#prefix(text.length);
      for (let i = 0; i < text.length; i++) this.buffer[this.length++] = text.charCodeAt(i);
      this.buffer[this.length++] = SEMICOLON;
    }
  }

  #integer(value: number): void {
    const positive = value < 0 ? -value : value;
    const count = digitCount(positive);
    this.#prefix(value < 0 ? count + 1 : count);
    if (value < 0) this.buffer[this.length++] = DASH;
    this.#digits(positive, count);
    this.buffer[this.length++] = SEMICOLON;
  }

  #date(packed: number): void {
    this.#prefix(10);
    this.#dateDigits(packed);
    this.buffer[this.length++] = SEMICOLON;
  }

  /** NaN is none. */
  #instant(packed: number): void {
    if (Number.isNaN(packed)) this.#none();
    else this.#time(packed);
  }

  #time(packed: number): void {
    this.#prefix(23);
    this.#dateDigits(packed);
    const inDay = packed % DAY;
    const seconds = Math.floor(inDay / 1000);
    this.#after(0x20, seconds >> 12, 2);
    this.#after(COLON, (seconds >> 6) & 63, 2);
    this.#after(COLON, seconds & 63, 2);
    this.#after(0x2e, inDay % 1000, 3);
    this.buffer[this.length++] = SEMICOLON;
  }

  #dateDigits(packed: number): void {
    const date = Math.floor(packed / DAY);
    this.#digits(date >> 9, 4);
    this.#after(DASH, (date >> 5) & 15, 2);
    this.#after(DASH, date & 31, 2);
  }

  #after(separator: number, value: number, count: number): void {
    this.buffer[this.length++] = separator;
    this.#digits(value, count);
  }

  /** Exactly `count` digits of a number that is not negative. */
  #digits(value: number, count: number): void {
    const buffer = this.buffer;
    let rest = value;
    let at = this.length + count;
    this.length = at;
    while (rest >= TWO_32) {
      const tenth = Math.floor(rest / 10);
      buffer[--at] = DIGIT_0 + (rest - tenth * 10);
      rest = tenth;
    }
    let low = rest >>> 0;
    while (at > this.length - count) {
      const tenth = (low / 10) >>> 0;
      buffer[--at] = DIGIT_0 + (low - tenth * 10);
      low = tenth;
    }
  }
}

/** How a packed instant counts a day: hours, minutes and seconds in 5, 6 and 6 bits, then milliseconds. */
const DAY = 131_072_000;

function digitCount(value: number): number {
  if (value < 10) return 1;
  if (value < 100) return 2;
  if (value < 1000) return 3;
  let count = 4;
  for (let limit = 10_000; value >= limit; limit *= 10) count++;
  return count;
}
