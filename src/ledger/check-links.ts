/** The links of the chain: each journal of a page follows the one before it, and has the hash of what it holds. */
import { hash } from 'node:crypto';
import { CanonicalBytes, type JournalTexts } from '../rules/ledger-canonical-bytes.ts';
import { type LedgerPage, noteMisfit, type TextColumn, unknownType } from '../rules/ledger-page.ts';

const HASH_LENGTH = 64;

export class LinkChecker {
  readonly #canonical = new CanonicalBytes();

  /** Notes the first journal that does not; that of the first of the page follows the page before is not its business. */
  check(page: LedgerPage, texts: JournalTexts & { readonly hash: TextColumn }): void {
    const { journals, entries, join } = page;
    const { bytes, previousHash, hash: hashes } = texts;
    const canonical = this.#canonical;
    let firstEntry = 0;
    for (let j = 0; j < journals.size; j++) {
      // What is already wrong comes before whatever is found from here on.
      if (page.misfit !== undefined && page.misfit.journal <= j) return;
      const end = join.entryEnd[j];
      if (j > 0 && !isSame(bytes, previousHash, j, hashes, j - 1)) {
        note(page, j, false, 'its previous hash is not that of the journal before');
      } else if (isWritable(entries.type, firstEntry, end)) {
        canonical.write(page, texts, j, firstEntry);
        if (!isWritten(bytes, hashes, j, hash('sha256', canonical.content, 'hex')))
          note(page, j, true, 'its content does not have its hash');
      }
      firstEntry = end;
    }
  }
}

function note(page: LedgerPage, journal: number, isAfterEffects: boolean, problem: string): void {
  noteMisfit(page, { journal, isAfterEffects, place: `journal ${page.journals.id[journal]}`, problem });
}

/** False with an account of a type that there is not: the replay names it. */
function isWritable(types: Uint8Array, from: number, to: number): boolean {
  for (let e = from; e < to; e++) if (types[e] === unknownType) return false;
  return true;
}

function isSame(bytes: Uint8Array, a: TextColumn, rowA: number, b: TextColumn, rowB: number): boolean {
  if (a.length[rowA] !== HASH_LENGTH || b.length[rowB] !== HASH_LENGTH) return false;
  const [atA, atB] = [a.at[rowA], b.at[rowB]];
  let difference = 0;
  for (let i = 0; i < HASH_LENGTH; i++) difference |= bytes[atA + i] ^ bytes[atB + i];
  return difference === 0;
}

function isWritten(bytes: Uint8Array, column: TextColumn, row: number, text: string): boolean {
  if (column.length[row] !== HASH_LENGTH) return false;
  const at = column.at[row];
  let difference = 0;
  for (let i = 0; i < HASH_LENGTH; i++) difference |= bytes[at + i] ^ text.charCodeAt(i);
  return difference === 0;
}
