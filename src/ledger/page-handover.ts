/**
 * Pages from one thread to another: their arrays lie in shared memory that is filled again and again, so they are handed
 * over once, and after that only how much of them is used. Thirty arrays with every page cost as much as joining it.
 */

import type { ReadPage } from './page-reader.ts';
import type { LedgerPage, PageViolation } from './rules/page.ts';

const parts = ['journals', 'entries', 'lots', 'uses', 'givenBack'] as const;

export interface HandedPage extends Omit<ReadPage, 'page'> {
  /** The arrays, when they are others than before. */
  readonly memory: LedgerPage | undefined;
  /** Rows of journals, entries, lots, uses, and lots given back. */
  readonly sizes: readonly number[];
  readonly violation: PageViolation | undefined;
}

/** Hands over the pages of one PageReader. */
export class PageProducer {
  #handed: LedgerPage | undefined;

  give({ page, ...read }: ReadPage): HandedPage {
    const memory = this.#handed !== undefined && isSameMemory(page, this.#handed) ? undefined : page;
    this.#handed = memory ?? this.#handed;
    return { ...read, memory, sizes: parts.map((part) => page[part].size), violation: page.violation };
  }
}

/** Takes what one PageProducer gives, in the same order. */
export class PageConsumer {
  #memory: LedgerPage | undefined;

  take({ memory = this.#memory, sizes, violation, ...read }: HandedPage): ReadPage {
    if (memory === undefined) throw new Error('a page was handed over before its memory');
    this.#memory = memory;
    const [journals, entries, lots, uses, givenBack] = sizes;
    const page: LedgerPage = {
      journals: { ...memory.journals, size: journals },
      entries: { ...memory.entries, size: entries },
      lots: { ...memory.lots, size: lots },
      uses: { ...memory.uses, size: uses },
      givenBack: { ...memory.givenBack, size: givenBack },
      join: memory.join,
      violation,
    };
    return { ...read, page };
  }
}

/** Columns of a table grow together. */
function isSameMemory(a: LedgerPage, b: LedgerPage): boolean {
  return (
    a.journals.id === b.journals.id &&
    a.entries.amount === b.entries.amount &&
    a.entries.type === b.entries.type &&
    a.lots.amount === b.lots.amount &&
    a.uses.amount === b.uses.amount &&
    a.givenBack.amount === b.givenBack.amount &&
    a.join.entryEnd === b.join.entryEnd
  );
}
