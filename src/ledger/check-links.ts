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
      const note = (problem: string, isAfterEffects: boolean) =>
        noteMisfit(page, { journal: j, isAfterEffects, place: `journal ${journals.id[j]}`, problem });
      if (j > 0 && !isSame(bytes, previousHash, j, hashes, j - 1))
        return note('its previous hash is not that of the journal before', false);
      const end = join.entryEnd[j];
      // The replay names these.
      for (let e = firstEntry; e < end; e++) if (entries.type[e] === unknownType) return;
      canonical.write(page, texts, j, firstEntry);
      const content = canonical.buffer.subarray(0, canonical.length);
      if (!isWritten(bytes, hashes, j, hash('sha256', content, 'hex')))
        return note('its content does not have its hash', true);
      firstEntry = end;
    }
  }
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
