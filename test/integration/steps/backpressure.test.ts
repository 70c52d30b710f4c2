/** A slow writer slows the reader: however far a step has to go, what was read and not yet committed is one chunk. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import type { ChunkSize } from '../../../src/engine/chunk-size.ts';
import type { JobDefinition } from '../../../src/engine/job.ts';
import { runJob } from '../../../src/steps/run-job.ts';
import { freshPlatform, type TestDatabase } from '../../support/databases.ts';

let place: TestDatabase;
let database: Database;
beforeEach(async () => {
  place = await freshPlatform('sqlite');
  database = await openDatabase(place.url);
});
afterEach(async () => {
  await database.close();
  await place.drop();
});

/** Reads rows at once and takes `msARow` to write each; notes the chunks asked for and the rows in flight. */
function slowJob(rows: number, chunkSize: ChunkSize, msARow: number) {
  const seen = { inFlightMax: 0, asked: [] as number[] };
  let read = 0;
  let committed = 0;
  const job: JobDefinition = {
    name: 'slow',
    description: 'a writer that cannot keep up',
    parameters: [],
    steps: [
      {
        kind: 'chunk',
        name: 'write-slowly',
        chunkSize,
        open: async () => ({
          async read(limit) {
            seen.asked.push(limit);
            const size = Math.min(limit, rows - read);
            read += size;
            seen.inFlightMax = Math.max(seen.inFlightMax, read - committed);
            return size === 0 ? undefined : { size };
          },
          process: ({ size }) => ({ output: size, writeCount: size, filterCount: 0, processSkipCount: 0 }),
          write: async (output) => {
            await sleep(Number(output) * msARow);
          },
          saveState: () => {
            committed = read;
          },
          close: async () => {},
        }),
      },
    ],
  };
  return { job, seen };
}

test('with a given size, one chunk is in flight', async () => {
  const { job, seen } = slowJob(60, 10, 1);
  expect(await runJob(database, job, {})).toMatchObject({ outcome: 'completed' });
  expect(seen.inFlightMax).toBe(10);
});

test('by time, a slow writer is given smaller chunks', async () => {
  const { job, seen } = slowJob(300, { firstRows: 250, rowsMax: 1_000_000 }, 10);
  expect(await runJob(database, job, {})).toMatchObject({ outcome: 'completed' });
  expect(seen.inFlightMax).toBe(250);
  expect(seen.asked[1]).toBeLessThan(110);
});
