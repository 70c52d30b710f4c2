/**
 * `--dry-run` on real runs: dates from 30 to 1.5 million rows that `daily` settled on two cores, with what each was planned
 * to be before it ran. Their measurements are put into a repository; each is predicted from those before it.
 */
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ExecutionContext, serialiseContext } from '../../../src/engine/execution-context.ts';
import { USAGE } from '../../../src/engine/run-usage.ts';
import { insertJobContext } from '../../../src/repository/execution-context.ts';
import { insertJobExecution } from '../../../src/repository/job-execution.ts';
import { insertJobInstance } from '../../../src/repository/job-instance.ts';
import { insertStepExecution } from '../../../src/repository/step-execution.ts';
import type { StepPlan } from '../../../src/steps/plan-job.ts';
import { predictRun } from '../../../src/steps/predict-cost.ts';
import { registry } from '../../support/platform.ts';
import { type Bench, openBench } from '../daily/support.ts';

interface RecordedRun {
  readonly workers: number;
  readonly cpuMs: number;
  readonly peakMb: number;
  readonly ms: number;
  /** Of every step and partition: name, rows read, milliseconds from its start to its end. */
  readonly steps: readonly (readonly [string, number, number])[];
  /** As `--dry-run` planned it, before it ran. */
  readonly plan: readonly {
    readonly name: string;
    readonly kind: StepPlan['kind'];
    readonly rowsExpected: number;
    readonly units?: Readonly<Record<string, number>>;
  }[];
}

const recorded: { readonly videos: number; readonly runs: readonly RecordedRun[] } = JSON.parse(
  readFileSync(new URL('../../fixtures/recorded-daily-runs.json', import.meta.url), 'utf8'),
);
const { runs } = recorded;
const START = Date.UTC(2026, 10, 1);
const at = (ms: number) => new Date(START + ms);
const counts = { writeCount: 0, filterCount: 0, readSkipCount: 0, processSkipCount: 0, writeSkipCount: 0 };
const ended = { version: 1, status: 'COMPLETED', exitCode: 'COMPLETED', exitMessage: '' } as const;

describe('a prediction from recorded runs', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench('sqlite');
    const videos = Array.from({ length: recorded.videos }, (_, index) => ({ id: index + 1, creator_id: 1 }));
    await bench.database.knex.batchInsert('video', videos, 400);
  });
  afterEach(() => bench.drop());

  let stepId = 0;
  async function store(id: number, run: RecordedRun): Promise<void> {
    const { knex } = bench.database;
    const times = (ms: number) => ({ createTime: at(0), startTime: at(0), endTime: at(ms), lastUpdated: at(ms) });
    await insertJobInstance(knex, { id, jobName: 'daily', jobKey: `${id}`.padStart(32, '0') });
    await insertJobExecution(knex, { id, jobInstanceId: id, jobName: 'daily', ...ended, ...times(run.ms) });
    const context = ExecutionContext.create();
    context.put(USAGE, { workers: run.workers, cpuMs: run.cpuMs, peakMb: run.peakMb });
    await insertJobContext(knex, id, serialiseContext(context));
    for (const [stepName, readCount, ms] of run.steps) {
      const done = { ...counts, readCount, commitCount: 1, rollbackCount: 0 };
      await insertStepExecution(knex, { id: ++stepId, jobExecutionId: id, stepName, ...ended, ...done, ...times(ms) });
    }
  }

  async function predict({ plan, workers }: RecordedRun) {
    const plans = plan.map(({ name, kind, rowsExpected, units }) => {
      const partitions = kind === 'partitioned' ? [{ minId: 1n, maxId: 1n, rowsExpected }] : [];
      return { name, kind, units, partitions, chunkSize: undefined, frozen: false };
    });
    // It has more steps now than when they were recorded.
    return (await predictRun(bench.database, await registry.findJob('daily'), plans, workers))!;
  }

  test('the record has tiny, small and large dates', () => {
    const rows = runs.map(({ plan }) => Math.max(...plan.map(({ rowsExpected }) => rowsExpected)));
    expect(rows.toSorted((a, b) => a - b)[0]).toBeLessThan(100);
    expect(Math.max(...rows)).toBeGreaterThan(1_000_000);
    expect(runs.length).toBeGreaterThanOrEqual(8);
  });

  test.each([
    ['as they ran, tiny ones first', runs],
    ['the large ones first', runs.toReversed()],
  ])('%s: each within a factor of 2, and within its bounds', async (_, order) => {
    const found: object[] = [];
    for (const [index, run] of order.entries()) {
      const { ms, fromMs, toMs, basis } = await predict(run);
      expect(basis).toHaveLength(index);
      found.push({ index, isNear: ms / run.ms < 2 && run.ms / ms < 2, isWithin: fromMs < run.ms && run.ms < toMs });
      await store(index + 1, run);
    }
    expect(found).toEqual(found.map((_, index) => ({ index, isNear: true, isWithin: true })));
  });
});
