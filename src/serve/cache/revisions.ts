/**
 * Asks a database what is published, for many readers at once: who asks while a look is on its way shares the next one,
 * never the one that has begun. So what a reader is told is never older than its question.
 */
import type { DateRevision, ReadHead } from '../../jobs/views/publication/read-revision.ts';
import { RevisionView } from './revision-view.ts';

/** The two statements on the database. */
export interface RevisionReader {
  head(): Promise<ReadHead | undefined>;
  list(): Promise<readonly DateRevision[]>;
}

type Listener = (view: RevisionView) => void;

export class Revisions {
  readonly #reader: RevisionReader;
  readonly #listeners: Listener[] = [];
  #known: RevisionView | undefined;
  #running: Promise<unknown> | undefined;
  #next: Promise<RevisionView | undefined> | undefined;

  constructor(reader: RevisionReader) {
    this.#reader = reader;
  }

  /** What was last seen; undefined before the first look. */
  get known(): RevisionView | undefined {
    return this.#known;
  }

  /** Calls `listener` whenever something else is published. */
  onChange(listener: Listener): void {
    this.#listeners.push(listener);
  }

  /** Forgets what was seen: the next look reads all of it. */
  forget(): void {
    this.#known = undefined;
  }

  /** As of a moment after the call. Undefined where the database keeps no revisions: nothing may be kept. */
  current(): Promise<RevisionView | undefined> {
    this.#next ??= this.#lookAfter(this.#running);
    return this.#next;
  }

  async #lookAfter(running: Promise<unknown> | undefined): Promise<RevisionView | undefined> {
    await running?.catch(() => {});
    const looking = this.#look();
    this.#running = looking;
    this.#next = undefined;
    try {
      return await looking;
    } finally {
      if (this.#running === looking) this.#running = undefined;
    }
  }

  async #look(): Promise<RevisionView | undefined> {
    const head = await this.#reader.head();
    if (head === undefined) {
      this.#known = undefined;
      return undefined;
    }
    if (this.#known?.isAt(head)) return this.#known;
    const view = new RevisionView(head, await this.#reader.list());
    this.#known = view;
    for (const listener of this.#listeners) listener(view);
    return view;
  }
}
