/** The daily job beside the naive oracle: generated logs of every kind of dirt, on every dialect. */
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { verifyDate } from '../../../src/jobs/views/statistics/verify.ts';
import { buildLog, denseLog, LOG_KINDS } from '../../oracles/logs.ts';
import { writeLog } from '../../oracles/read-log.ts';
import { testDatabases } from '../../support/databases.ts';
import { isThorough, onServers } from '../../support/thorough.ts';
import { type Bench, expectAsOracle, leftOvers, openBench, settle } from './support.ts';

const zone = 'Asia/Seoul';
const date = '2026-11-20';

describe.each(testDatabases())('daily statistics on $name', ({ name }) => {
  let bench: Bench | undefined;
  afterEach(async () => {
    await bench?.drop();
    bench = undefined;
  });

  it.each(LOG_KINDS)('equals the naive pass over a log that is %s', async (kind) => {
    const log = buildLog(kind, 20, 4000, date, zone);
    bench = await openBench(name, log);
    const shapes = [
      { workers: 2, partitions: 5, chunkSize: 97 },
      { workers: 1 },
      { workers: 2, partitions: 3, chunkSize: 1000 },
    ];
    for (const [at, day] of ['2026-11-19', date, '2026-11-21'].entries()) {
      if (onServers(name, false, (at + LOG_KINDS.indexOf(kind)) % 3 !== 0)) continue;
      await settle(bench.database, day, zone, shapes[at]);
      await expectAsOracle(bench.database, log, day, zone);
      expect((await verifyDate(bench.database, { date: day })).differences).toEqual([]);
    }
    expect(await leftOvers(bench.database)).toEqual([]);
  });

  it('gives the same for any log, partitions, workers, chunk size and zone', { timeout: 600_000 }, async () => {
    const zones = ['Asia/Seoul', 'America/Los_Angeles', 'UTC', 'Australia/Lord_Howe'];
    const shape = fc.record({
      partitions: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
      workers: fc.integer({ min: 1, max: 3 }),
      chunkSize: fc.option(fc.integer({ min: 1, max: 50 }), { nil: undefined }),
    });
    const world = fc.constantFrom(...zones).chain((z) => fc.tuple(fc.constant(z), denseLog({ date, zone: z }), shape));
    const property = fc.asyncProperty(world, async ([z, log, options]) => {
      const own = await openBench(name);
      try {
        await writeLog(own.test.url, log);
        await settle(own.database, date, z, options);
        await expectAsOracle(own.database, log, date, z);
      } finally {
        await own.drop();
      }
    });
    await fc.assert(property, { numRuns: isThorough ? 25 : onServers(name, 6, 3) });
  });
});
