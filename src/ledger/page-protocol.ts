/** What is said between verification and the threads that read pages for it. A thread reads every n-th run of journals. */
import type { HandedPage } from './page-handover.ts';
import type { LedgerState } from './read-head.ts';

/** Pages of a thread that wait to be taken, or are being filled: more would only be memory. */
export const pagesAThread = 3;

export interface PageThreadStart {
  readonly url: string;
  readonly threadCount: number;
  /** 0, 1, ...: the first run it reads. */
  readonly thread: number;
  /** A run is one or more pages. */
  readonly journalsARun: bigint;
  /** False: pages are only read. */
  readonly isChecked: boolean;
}

export type ToPageThread =
  /** Begin a snapshot (another one, if there is one, whatever is left to read of it) and say what it shows. */
  | { readonly type: 'look' }
  /** Read up to that journal. */
  | { readonly type: 'read'; readonly lastId: bigint }
  /** The page that lies there was taken. */
  | { readonly type: 'taken'; readonly place: number }
  /** End the snapshot, whatever is left to read of it. */
  | { readonly type: 'rest' }
  | { readonly type: 'end' };

export type FromPageThread =
  | { readonly type: 'seen'; readonly state: LedgerState }
  | { readonly type: 'page'; readonly place: number; readonly handed: HandedPage; readonly isLastOfRun: boolean };
