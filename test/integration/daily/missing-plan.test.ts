/** A plan that is gone between two steps: nothing is published that was made by nobody knows what. */
import { expect, it } from 'vitest';
import type { JobDefinition } from '../../../src/engine/job.ts';
import { dailyJob } from '../../../src/jobs/daily/definition.ts';
import { runJob } from '../../../src/steps/run-job.ts';
import { buildLog } from '../../oracles/logs.ts';
import { openBench } from './support.ts';

// The last of them checks the balance of verdicts first, which has no rows to be compared with then.
it.each([
  ['resolve-windows', 'PLAN_MISSING'],
  ['publish-statistics', 'BALANCE_BROKEN'],
])('without its plan %s fails', async (name, code) => {
  const { database, drop } = await openBench('sqlite', buildLog('hot', 3, 500, '2026-11-20', 'UTC'));
  const beforeStep = async () => {
    await database.knex('settle_partition_plan').delete();
  };
  const job: JobDefinition = {
    ...dailyJob,
    steps: dailyJob.steps.map((step) => (step.name === name ? { ...step, listeners: { beforeStep } } : step)),
  };
  try {
    const result = await runJob(database, job, { date: '2026-11-20', zone: 'UTC' }, { workers: 1 });
    expect(result).toMatchObject({ outcome: 'failed', exitCode: 20, error: { code } });
    expect(await database.knex('video_daily_stats')).toEqual([]);
  } finally {
    await drop();
  }
});
