/** A thread that reads and checks pages of the ledger: every n-th run of journals, a few pages ahead of who takes them. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Transaction } from '../database/database.ts';
import { openDatabase } from '../database/open.ts';
import { withRowReader } from '../database/read-rows.ts';
import type { RowReader } from '../database/row-reader.ts';
import { readSnapshot } from '../database/snapshot.ts';
import { PageProducer } from './page-handover.ts';
import { type FromPageThread, type PageThreadStart, pagesAThread, type ToPageThread } from './page-protocol.ts';
import { PageReader } from './page-reader.ts';
import { readLedgerState } from './read-head.ts';

const { url, thread, threadCount, journalsARun, isChecked } = workerData as PageThreadStart;
const port = parentPort!;
const letters: ToPageThread[] = [];
let wake = () => {};
port.on('message', (letter: ToPageThread) => {
  letters.push(letter);
  wake();
});

async function nextLetter(): Promise<ToPageThread> {
  while (letters.length === 0) {
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
  return letters.shift()!;
}

function say(message: FromPageThread): void {
  port.postMessage(message);
}

/** Pages of the thread's runs, each into a place that is free. Returns what it is told next, at once or after the last. */
async function readRuns(reader: RowReader, lastId: bigint): Promise<ToPageThread> {
  const places = Array.from({ length: pagesAThread }, () => ({
    pages: new PageReader(reader, true),
    giver: new PageProducer(),
  }));
  const free = places.map((_reader, place) => place);
  for (let run = BigInt(thread); run * journalsARun < lastId; run += BigInt(threadCount)) {
    const last = (run + 1n) * journalsARun;
    const to = last < lastId ? last : lastId;
    for (let from = run * journalsARun + 1n; from <= to; ) {
      while (free.length === 0 || letters.length > 0) {
        const letter = await nextLetter();
        if (letter.type !== 'taken') return letter;
        free.push(letter.place);
      }
      const place = free.shift()!;
      const { pages, giver } = places[place];
      const read = await pages.read(from, to, isChecked);
      from = read.end;
      say({ type: 'page', place, handed: giver.give(read), isLastOfRun: from > to });
    }
  }
  for (;;) {
    const letter = await nextLetter();
    if (letter.type !== 'taken') return letter;
  }
}

/** One snapshot. Returns the letter that ended it. */
async function readLook(tx: Transaction): Promise<ToPageThread> {
  say({ type: 'seen', state: await readLedgerState(tx) });
  const answer = await nextLetter();
  if (answer.type !== 'read') return answer;
  return await withRowReader(database, tx, (reader) => readRuns(reader, answer.lastId));
}

const database = await openDatabase(url, { poolSizeMax: 1, create: false });
try {
  for (let letter = await nextLetter(); letter.type !== 'end'; ) {
    letter = letter.type === 'look' ? await readSnapshot(database, readLook) : await nextLetter();
  }
} finally {
  await database.close();
  port.close();
}
