/** Partitions of the statistics that are cut while they are read: the result is the naive pass's all the same. */
import { afterEach, describe, expect, it } from 'vitest';
import { dailyJob } from '../../../src/jobs/daily/definition.ts';
import { statisticsStep } from '../../../src/jobs/views/statistics/statistics-plan.ts';
import { listPartitions } from '../../../src/repository/partition.ts';
import { runJob } from '../../../src/steps/run-job.ts';
import { buildLog } from '../../oracles/logs.ts';
import { sampledDatabases } from '../../support/databases.ts';
import { type Bench, expectAsOracle, leftOvers, openBench } from './support.ts';

const zone = 'Asia/Seoul';
const date = '2026-11-20';
const eagerJob = {
  ...dailyJob,
  steps: dailyJob.steps.map((step) => (step.name === statisticsStep ? { ...step, stealing: { rowsMin: 1 } } : step)),
};

describe.each(sampledDatabases(import.meta.url))('daily statistics with work stealing on $name', ({ name }) => {
  let bench: Bench | undefined;
  afterEach(async () => {
    await bench?.drop();
    bench = undefined;
  });

  it.each(['ordered', 'dirty', 'holes', 'repeats'] as const)(
    'equals the naive pass over a log that is %s',
    async (kind) => {
      const log = buildLog(kind, 31, 3000, date, zone);
      bench = await openBench(name, log);
      // Small chunks: the other threads are awake long before the last one. A commit costs a server more.
      const options = { workers: 3, partitions: 1, chunkSize: name === 'sqlite' ? 1 : 5 };
      const { execution, error } = await runJob(bench.database, eagerJob, { date, zone }, options);
      expect(error).toBeUndefined();
      await expectAsOracle(bench.database, log, date, zone);
      const planned = (await listPartitions(bench.database, execution.jobInstanceId, statisticsStep)).length;
      // Where the zones of a log reach back too far there is no place for a cut.
      if (kind === 'ordered') expect(planned).toBeGreaterThan(1);
      expect(await leftOvers(bench.database)).toEqual([]);
    },
  );
});
