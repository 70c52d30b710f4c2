/** The links of the chain: each journal of a page follows the one before it, and has the hash of what it holds. */
import { hash } from 'node:crypto';
import { CanonicalBytes, type JournalTexts } from './rules/canonical-bytes.ts';
import { type LedgerPage, noteViolation, type TextColumn, unknownType } from './rules/page.ts';

const HASH_LENGTH = 64;
/** Journals whose hashes are compared together: looking at a text of its own for each costs as much as hashing. */
const journalsAtOnce = 256;

type LinkTexts = JournalTexts & { readonly hash: TextColumn };

export class LinkChecker {
  readonly #canonical = new CanonicalBytes();
  readonly #hashes: string[] = [];
  /** Index of the journal that each of them is of. */
  readonly #hashed = new Int32Array(journalsAtOnce);
  readonly #written = Buffer.alloc(journalsAtOnce * HASH_LENGTH);
  readonly #writtenView = new DataView(this.#written.buffer, this.#written.byteOffset, this.#written.length);

  /** Notes the first journal that does not; that of the first of the page follows the page before is not its business. */
  check(page: LedgerPage, texts: LinkTexts): void {
    const { journals, entries, join } = page;
    const { bytes, previousHash, hash: hashes } = texts;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let firstEntry = 0;
    for (let j = 0; j < journals.size; j++) {
      // What is already wrong comes before whatever is found from here on.
      if (page.violation !== undefined && page.violation.journal <= j) break;
      const end = join.entryEnd[j];
      if (j > 0 && !isSame(view, previousHash, j, view, hashes.at[j - 1], hashes.length[j - 1])) {
        note(page, j, false, 'its previous hash is not that of the journal before');
      } else if (isWritable(entries.type, firstEntry, end)) {
        this.#canonical.write(page, texts, j, firstEntry);
        this.#hashed[this.#hashes.length] = j;
        this.#hashes.push(hash('sha256', this.#canonical.content, 'hex'));
        if (this.#hashes.length === journalsAtOnce) this.#compare(page, view, hashes);
      }
      firstEntry = end;
    }
    this.#compare(page, view, hashes);
  }

  /** Notes the first journal that does not have the hash that was made for it. */
  #compare(page: LedgerPage, view: DataView, hashes: TextColumn): void {
    const count = this.#hashes.length;
    this.#written.write(this.#hashes.join(''), 0, 'latin1');
    this.#hashes.length = 0;
    for (let i = 0; i < count; i++) {
      const j = this.#hashed[i];
      if (isSame(view, hashes, j, this.#writtenView, i * HASH_LENGTH, HASH_LENGTH)) continue;
      note(page, j, true, 'its content does not have its hash');
      return;
    }
  }
}

function note(page: LedgerPage, journal: number, isAfterEffects: boolean, problem: string): void {
  noteViolation(page, { journal, isAfterEffects, place: `journal ${page.journals.id[journal]}`, problem });
}

/** False with an account of a type that there is not: the replay names it. */
function isWritable(types: Uint8Array, from: number, to: number): boolean {
  for (let e = from; e < to; e++) if (types[e] === unknownType) return false;
  return true;
}

/** Compares a hash of the column with the one of `other` at `otherAt`. */
function isSame(
  view: DataView,
  column: TextColumn,
  row: number,
  other: DataView,
  otherAt: number,
  otherLength: number,
): boolean {
  if (column.length[row] !== HASH_LENGTH || otherLength !== HASH_LENGTH) return false;
  const at = column.at[row];
  let difference = 0;
  for (let i = 0; i < HASH_LENGTH; i += 4) difference |= view.getInt32(at + i) ^ other.getInt32(otherAt + i);
  return difference === 0;
}
