/** Case `restart`: a daily run is killed with -9 after nine tenths of its rows; what does starting it again cost? */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../database/database.ts';
import { statisticsStep } from '../../jobs/views/statistics/statistics-plan.ts';
import { lastJobExecution } from '../../repository/job-execution.ts';
import { listPartitions } from '../../repository/partition.ts';
import type { BenchCase, CaseContext, Contender } from '../case.ts';
import { differenceOf, statisticsTotals } from '../date-totals.ts';
import { parseSettleRun, type SettleRun } from '../settle-run.ts';

const SHARE = 0.9;
const POLL_MS = 20;
/** Below it the chunk is made smaller than it is by default, so that there are commits to be killed between. */
const ROWS_WITH_MANY_CHUNKS = 20_000_000;
const CHUNKS = 50;
const SIGKILL_CODE = 137;

export const restartCase: BenchCase = {
  name: 'restart',
  title: 'Restart after kill -9 at 90 %',
  description:
    'A run with 2 workers is killed when nine tenths of its rows are committed, and started again. Overhead: what that ' +
    'start takes beyond the time in which the run before it, which nobody killed, read as many rows and did the rest.',
  unit: 'rows left',
  ratios: [],
  figures: [
    { name: 'overhead', label: 'overhead', unit: 's', atMost: 1 },
    { name: 'again', label: 'committed rows that were read again', unit: 'rows', atMost: 0 },
    { name: 'left', label: 'rows left by the killed run', unit: 'rows' },
  ],
  async contenders(context) {
    return [restart(context)];
  },
};

function restart(context: CaseContext): Contender {
  const { database, spec } = context;
  const chunk = spec.rows >= ROWS_WITH_MANY_CHUNKS ? [] : ['--chunk', String(Math.ceil(spec.rows / CHUNKS))];
  const args = ['run', 'daily', '--date', spec.date, '--zone', spec.zone, '--workers', '2', ...chunk];
  return {
    name: 'settle-restart',
    label: 'settle, started again after the kill',
    role: 'settle',
    async prepare() {
      await context.runSettle(args);
      return undefined;
    },
    async run() {
      const clean = await context.runSettle([...args, '--rerun', '--json']);
      const cleanRun = parseSettleRun(clean.stdout);
      const totals = await statisticsTotals(database, 'video_daily_stats', spec.date);
      const committed = await runAndKill();
      const again = await context.runSettle([...args, '--rerun', '--json']);
      const run = parseSettleRun(again.stdout);
      const rows = rowsOf(cleanRun);
      const left = rows - committed;
      const scanSeconds = stepOf(cleanRun).durationMs / 1000;
      const expected = clean.wallSeconds - scanSeconds * (committed / rows);
      const wrong = differenceOf(await statisticsTotals(database, 'video_daily_stats', spec.date), totals);
      return {
        seconds: again.wallSeconds,
        rows: left,
        figures: { overhead: again.wallSeconds - expected, again: readBy(run) - left, left },
        ...(wrong === undefined ? {} : { wrong }),
      };
    },
  };

  /** Rows that were committed when it died. */
  async function runAndKill(): Promise<number> {
    const before = (await lastJobExecution(database))?.id ?? 0;
    let child: ChildProcess | undefined;
    let isOver = false;
    const ended = context
      .runSettle([...args, '--rerun'], {
        exitCodes: [0, SIGKILL_CODE],
        onStart: (started) => {
          child = started;
        },
      })
      .finally(() => {
        isOver = true;
      });
    while (!isOver) {
      const progress = await committedRows(database, before);
      if (progress >= spec.rows * SHARE) child?.kill('SIGKILL');
      await sleep(POLL_MS);
    }
    const { exitCode } = await ended;
    if (exitCode !== SIGKILL_CODE) throw new Error('the run was over before it could be killed; take more rows');
    return await committedRows(database, before);
  }
}

/** Of the newest execution, when it is newer than `before`. */
async function committedRows(database: Database, before: number): Promise<number> {
  const execution = await lastJobExecution(database);
  if (execution === undefined || execution.id <= before) return 0;
  const partitions = await listPartitions(database, execution.jobInstanceId);
  return partitions
    .filter(({ stepName }) => stepName === statisticsStep)
    .reduce((sum, { counts }) => sum + counts.readCount, 0);
}

function stepOf(run: SettleRun) {
  const step = run.steps.find(({ name }) => name === statisticsStep);
  if (step === undefined) throw new Error(`the run has no step ${statisticsStep}`);
  return step;
}

/** Rows of the date's log, over all executions of the run. */
function rowsOf(run: SettleRun): number {
  return stepOf(run).readCount;
}

/** Rows that this execution read itself. */
function readBy(run: SettleRun): number {
  return stepOf(run).partitions.reduce((sum, { readCount }) => sum + readCount, 0);
}
