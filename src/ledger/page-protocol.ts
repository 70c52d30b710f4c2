/** What is said between verification and the threads that read pages for it. A thread reads every n-th run of journals. */
import type { ReadPage } from './page-reader.ts';
import type { LedgerState } from './read-head.ts';

/** Journals of a run; a run is one or more pages. */
export const journalsARun = 16_384n;
/** Pages of a thread that wait to be taken, or are being filled: more would only be memory. */
export const pagesAThread = 3;

export interface PageThreadStart {
  readonly url: string;
  readonly threadCount: number;
  /** 0, 1, ...: the first run it reads. */
  readonly thread: number;
  /** False: pages are only read. */
  readonly isChecked: boolean;
}

export type ToPageThread =
  /** Begin a snapshot (another one, if there is one) and say what it shows. */
  | { readonly type: 'look' }
  /** Read up to that journal. */
  | { readonly type: 'read'; readonly lastId: bigint }
  /** The page that lies there was taken. */
  | { readonly type: 'taken'; readonly place: number }
  | { readonly type: 'end' };

export type FromPageThread =
  | { readonly type: 'seen'; readonly state: LedgerState }
  | { readonly type: 'page'; readonly place: number; readonly read: ReadPage; readonly isLastOfRun: boolean };
