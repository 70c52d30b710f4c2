/** `--dry-run` of `backfill` and `catch-up`: the dates, what would be done about each, and what all of it would cost. */
import { availableParallelism } from 'node:os';
import type { CommandContext } from '../../cli/command-context.ts';
import { formatCount, formatDuration, formatNumbered } from '../../cli/output/format.ts';
import { formatJson } from '../../cli/output/json.ts';
import { print } from '../../cli/output/stdout.ts';
import { formatTable } from '../../cli/output/table.ts';
import { type SeriesFlags, type SeriesRun, stopExitCode } from '../../cli/series/run-series.ts';
import { stopSignal } from '../../cli/stop-signal.ts';
import type { JobDefinition } from '../../engine/job.ts';
import { ExitCode } from '../../errors.ts';
import { completedExecution, planJob } from '../../steps/plan-job.ts';
import { findPastRuns, predictRun, rowsLeft } from '../../steps/predict-cost.ts';

interface DatePlan {
  readonly date: string;
  /** The execution by which it is complete already. */
  readonly completedBy: number | undefined;
  readonly rowsExpected: number;
  /** Predicted, of the steps that run beside other dates and of those that wait for the date before. */
  readonly besideMs: number;
  readonly inOrderMs: number;
}

/** Resolves to the exit code: a stop ends it. */
export async function printSeriesPlan(
  { database, settings, logger }: CommandContext,
  job: JobDefinition,
  runs: readonly SeriesRun[],
  flags: SeriesFlags,
): Promise<number> {
  const workers = flags.workers ?? settings.workers ?? availableParallelism();
  const parallel = Math.max(1, Math.min(runs.length, flags.parallel ?? Math.max(2, workers)));
  const each = Math.max(1, Math.floor(workers / parallel));
  const past = await findPastRuns(database, job);
  const signal = stopSignal();
  const plans: DatePlan[] = [];
  let [fromShare, toShare] = [1, 1];
  for (const { date, parameters } of runs) {
    if (signal.aborted) return stopExitCode(signal);
    const completedBy = await completedExecution(database, job, parameters);
    if (completedBy !== undefined) {
      plans.push({ date, completedBy, rowsExpected: 0, besideMs: 0, inOrderMs: 0 });
      continue;
    }
    const steps = await planJob(database, job, parameters, { workers: each, signal, logger });
    const cost = await predictRun(database, job, steps, each, past);
    const beside = Object.entries(cost?.steps ?? {}).filter(([name]) => job.sideBySide?.includes(name));
    const besideMs = beside.reduce((sum, [, ms]) => sum + ms, 0);
    if (cost !== undefined) [fromShare, toShare] = [cost.fromMs / cost.ms, cost.toMs / cost.ms];
    const rowsExpected = steps.reduce((sum, step) => sum + rowsLeft(step), 0);
    plans.push({ date, completedBy: undefined, rowsExpected, besideMs, inOrderMs: (cost?.ms ?? 0) - besideMs });
  }
  const ms = elapsedMs(plans, parallel);
  const cost = { ms, fromMs: ms * fromShare, toMs: ms * toShare };
  if (flags.json) {
    const dates = plans.map(({ besideMs, inOrderMs, completedBy, ...plan }) => {
      return { ...plan, completedBy: completedBy ?? null, seconds: (besideMs + inOrderMs) / 1000 };
    });
    const seconds = { seconds: ms / 1000, secondsFrom: cost.fromMs / 1000, secondsTo: cost.toMs / 1000 };
    const basis = past.map(({ execution, rows }) => ({ execution, rows }));
    await print(formatJson({ job: job.name, dates, cost: { ...seconds, parallel, workers, basis } }));
  } else await print(planText(plans, cost, { parallel, workers, past: past.length }));
  return ExitCode.completed;
}

/** Two bounds, of which the larger holds: what goes in order, behind the first date's share; and all work by all lanes. */
function elapsedMs(plans: readonly DatePlan[], parallel: number): number {
  const open = plans.filter(({ completedBy }) => completedBy === undefined);
  const inOrder = open.reduce((sum, { inOrderMs }) => sum + inOrderMs, 0);
  const beside = open.reduce((sum, { besideMs }) => sum + besideMs, 0);
  return Math.max(inOrder + (open[0]?.besideMs ?? 0), (inOrder + beside) / parallel);
}

function planText(
  plans: readonly DatePlan[],
  { ms, fromMs, toMs }: { readonly ms: number; readonly fromMs: number; readonly toMs: number },
  { parallel, workers, past }: { readonly parallel: number; readonly workers: number; readonly past: number },
): string {
  if (plans.length === 0) return 'nothing to do: every date is complete\n';
  const right = (header: string) => ({ header, align: 'right' as const });
  const table = formatTable(
    [{ header: 'date' }, right('rows expected'), right('about'), { header: '' }],
    plans.map(({ date, completedBy, rowsExpected, besideMs, inOrderMs }) =>
      completedBy === undefined
        ? [date, formatCount(rowsExpected), formatDuration(besideMs + inOrderMs), '']
        : [date, '-', '-', `complete by execution ${completedBy}`],
    ),
  );
  const open = plans.filter(({ completedBy }) => completedBy === undefined).length;
  const basis = past === 0 ? 'built-in rates: no run has completed here' : formatNumbered(past, 'earlier run');
  const range = `${formatDuration(fromMs)} to ${formatDuration(toMs)}`;
  const how = `${formatNumbered(parallel, 'date')} at a time and ${formatNumbered(workers, 'worker')}`;
  return `${table}${formatNumbered(open, 'date')} to settle, cost: about ${formatDuration(ms)} (${range}) with ${how} (by ${basis})\n`;
}
