/** SHA-256 as 64 hexadecimal digits: of requests, and of journals as links of the chain. */
import { hash } from 'node:crypto';
import { type CanonicalJournal, canonicalJournal, canonicalRequest } from './rules/canonical.ts';
import type { JournalRequest } from './rules/journal.ts';

export function contentDigest(request: JournalRequest): string {
  return hash('sha256', canonicalRequest(request));
}

export function journalHash(journal: CanonicalJournal): string {
  return hash('sha256', canonicalJournal(journal));
}
