/** What a database has published, as of one moment. */
import type { DateRevision, ReadHead } from '../../jobs/views/publication/read-revision.ts';
import type { Scope } from './scope.ts';

/** Scopes whose revision is remembered; more are computed again. */
const REMEMBERED_MAX = 10_000;

export class RevisionView {
  readonly head: ReadHead;
  readonly #rows: readonly DateRevision[];
  readonly #known = new Map<string, bigint>();

  /** @param rows read after the head: they may be newer, never older */
  constructor(head: ReadHead, rows: readonly DateRevision[]) {
    this.head = head;
    this.#rows = rows;
  }

  /** The newest revision of what a scope is made of; 0 for what was never published, or before revisions were kept. */
  revisionOf({ subject, from, to }: Scope): bigint {
    const name = `${subject} ${from} ${to}`;
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    let newest = 0n;
    for (const row of this.#rows) {
      if (row.subject !== subject || row.date < from || row.date > to) continue;
      if (row.revision > newest) newest = row.revision;
    }
    if (this.#known.size < REMEMBERED_MAX) this.#known.set(name, newest);
    return newest;
  }

  /** Names the database and the revision: what is kept under another label is of another time, or of somebody else. */
  labelOf(scope: Scope): string {
    return `${this.head.identity}/${this.revisionOf(scope)}`;
  }

  /** Whether what was published is the same. */
  isAt({ identity, revision }: ReadHead): boolean {
    return this.head.identity === identity && this.head.revision === revision;
  }
}
