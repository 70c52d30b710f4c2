/** Pages of a ledger from threads that read, join and hash them side by side, in order for whoever replays them. */
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Database } from '../database/database.ts';
import { leaveRemovedFolder } from '../database/working-folder.ts';
import { PageConsumer } from './page-handover.ts';
import { type FromPageThread, type PageThreadStart, pagesAThread, type ToPageThread } from './page-protocol.ts';
import type { ReadPage } from './page-reader.ts';
import { isSameState, type LedgerState } from './read-head.ts';

/** How long a thread may take to close its connection. */
const END_TIMEOUT_MS = 5_000;
/** Typed arrays are outside of it. */
const HEAP_MB_MAX = 512;
/** A page: with longer runs the threads wait for each other, as none may be more than its places ahead. */
const journalsARunDefault = 4_096n;

export interface PageThreads {
  /** Begins a snapshot in every thread, and gives up the one before; true when all of them see `state`. */
  see(state: LedgerState): Promise<boolean>;
  /** Pages from journal 1 to `lastId`, in order; each is valid until the next is asked for. Once a snapshot. */
  pages(lastId: bigint): AsyncGenerator<ReadPage>;
  /** Ends the threads, whatever they are at. */
  close(): Promise<void>;
}

export interface PageThreadsOptions {
  /** How many journals a thread reads before it is the next one's turn. */
  readonly journalsARun?: bigint;
  /** False: pages are only read, which is what verification is measured against. */
  readonly isChecked?: boolean;
}

export function openPageThreads(
  { url }: Pick<Database, 'url'>,
  threadCount: number,
  { journalsARun = journalsARunDefault, isChecked = true }: PageThreadsOptions = {},
): PageThreads {
  const threads = Array.from({ length: threadCount }, (_, thread) =>
    openThread({ url, threadCount, thread, journalsARun, isChecked }),
  );
  return {
    async see(state) {
      for (const { send } of threads) send({ type: 'look' });
      const seen = await Promise.all(threads.map(({ next }) => next('seen')));
      return seen.every((message) => isSameState(message.state, state));
    },
    async *pages(lastId) {
      for (const { send } of threads) send({ type: 'read', lastId });
      const takers = threads.map(() => Array.from({ length: pagesAThread }, () => new PageConsumer()));
      try {
        for (let run = 0n; run * journalsARun < lastId; run++) {
          const thread = Number(run % BigInt(threadCount));
          const { next, send } = threads[thread];
          for (let isLast = false; !isLast; ) {
            const { place, handed, isLastOfRun } = await next('page');
            yield takers[thread][place].take(handed);
            send({ type: 'taken', place });
            isLast = isLastOfRun;
          }
        }
      } finally {
        for (const { send } of threads) send({ type: 'rest' });
      }
    },
    async close() {
      await Promise.all(threads.map(({ close }) => close()));
    },
  };
}

type Answer<T extends FromPageThread['type']> = Extract<FromPageThread, { type: T }>;

interface PageThread {
  send(message: ToPageThread): void;
  /** The next message of that type, after pages that nobody took; rejects when the thread has failed. */
  next<T extends FromPageThread['type']>(type: T): Promise<Answer<T>>;
  close(): Promise<void>;
}

function openThread(start: PageThreadStart): PageThread {
  leaveRemovedFolder();
  const worker = new Worker(new URL(`./page-thread${extname(import.meta.url)}`, import.meta.url), {
    workerData: start,
    name: 'ledger pages',
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX },
  });
  // Never more than the pages that a thread has places for.
  const waiting: FromPageThread[] = [];
  let failure: unknown;
  let wake = () => {};
  const fail = (error: unknown) => {
    failure ??= error;
    wake();
  };
  worker.on('message', (message: FromPageThread) => {
    waiting.push(message);
    wake();
  });
  worker.on('messageerror', fail);
  worker.on('error', fail);
  const exited = new Promise<void>((resolve) => {
    worker.on('exit', () => {
      fail(new Error('a thread that reads the ledger ended by itself'));
      resolve();
    });
  });
  return {
    send: (message) => worker.postMessage(message),
    async next<T extends FromPageThread['type']>(type: T) {
      for (;;) {
        while (waiting.length === 0) {
          if (failure !== undefined) throw failure;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        const message = waiting.shift()!;
        if (message.type === type) return message as Answer<T>;
        if (message.type !== 'page') throw new Error(`a thread said ${message.type} instead of ${type}`);
      }
    },
    async close() {
      worker.postMessage({ type: 'end' } satisfies ToPageThread);
      let timer: NodeJS.Timeout | undefined;
      const limit = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, END_TIMEOUT_MS);
      });
      await Promise.race([exited, limit]);
      clearTimeout(timer);
      await worker.terminate();
    },
  };
}
