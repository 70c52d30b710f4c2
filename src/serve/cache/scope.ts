/** What an answer is made of: dates of a subject, both inside. It is as old as the newest of their revisions. */
import type { ReadSubject } from '../../jobs/views/publication/read-revision.ts';

export interface Scope {
  readonly subject: ReadSubject;
  readonly from: string;
  readonly to: string;
}
