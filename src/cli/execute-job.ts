/** Runs a job as a command does it: with progress, signals, a summary or JSON at the end, and an exit code. */
import type { CompletedReview, JobDefinition } from '../engine/job.ts';
import { parseParameters, REVISION } from '../engine/parse-parameters.ts';
import { ExitCode, usageError } from '../errors.ts';
import { type JobRunResult, runJob } from '../steps/run-job.ts';
import { jobEnding } from './asked-run.ts';
import type { CommandContext } from './command-context.ts';
import { doorbellOf } from './doorbell.ts';
import { reportError, tell } from './errors.ts';
import { type ExecutionView, readExecutionView } from './execution-view.ts';
import { requireFit } from './force-unfit.ts';
import { summaryText } from './output/execution-text.ts';
import { formatJson } from './output/json.ts';
import { showProgress } from './output/progress.ts';
import { print } from './output/stdout.ts';
import { stopSignal } from './stop-signal.ts';
import { writeTerminationLog } from './termination-log.ts';

export interface RunFlags {
  readonly workers?: number;
  /** Partitions are put up for workers; `threads` of this process take some as well. */
  readonly remote?: { readonly threads: number };
  readonly partitions?: number;
  readonly chunk?: number;
  readonly rerun?: boolean;
  readonly json?: boolean;
  /** URL of the Redis whose queue wakes workers. */
  readonly queue?: string;
  /** Runs also where what the job needs is known to be unfit. */
  readonly forceUnfit?: boolean;
}

/** Resolves to the exit code. @throws SettleError for whatever is refused before the run begins. */
export async function executeJob(
  context: CommandContext,
  job: JobDefinition,
  parameters: Readonly<Record<string, string>>,
  flags: RunFlags,
): Promise<number> {
  const { database, settings, logger } = context;
  const parsed = parseParameters(job, withoutRevision(parameters));
  const { businessDate } = parsed;
  job.requireDue?.(parsed, new Date());
  await requireFit(context, job, flags);
  const watches = await context.registry.watchRun(context);
  let noted: Readonly<Record<string, unknown>> = {};
  if (flags.queue !== undefined && flags.remote === undefined) {
    throw usageError('--queue wakes workers, and the run has none', 'give --workers remote, or --detach');
  }
  const bell = flags.remote === undefined ? undefined : await doorbellOf(context, flags, { isHeard: false });
  const display = await showProgress(logger);
  const start = (rerun: boolean | undefined) =>
    runJob(database, job, parameters, {
      workers: flags.workers ?? settings.workers,
      remote: flags.remote && { ...flags.remote, bell },
      partitions: flags.partitions ?? settings.partitions,
      chunkSize: flags.chunk ?? settings.chunk,
      rerun,
      signal: stopSignal(),
      progress: display.sink,
      logger,
      endDetails: async () => {
        noted = Object.assign({}, ...(await Promise.all(watches.map((watch) => watch.end()))));
        return noted;
      },
    });
  let result: JobRunResult;
  let review: CompletedReview | undefined;
  try {
    jobEnding.isLogged = false;
    result = await start(flags.rerun);
    jobEnding.isLogged = true;
    if (result.outcome === 'already-complete') {
      review = await job.reviewCompleted?.(database, parsed);
      if (review?.verdict === 'recompute') {
        tell(`${review.reason}: it is computed again`);
        result = await start(true);
      }
    }
  } finally {
    display.end();
    await bell?.close();
  }
  const { view: read, description } = await readExecutionView(context, result.execution, new Date());
  const view = withoutVainRetry(read, result);
  const alreadyComplete = result.outcome === 'already-complete';
  if (flags.json) await print(formatJson(view));
  else if (!alreadyComplete) await print(summaryText(view, description, businessDate));
  if (alreadyComplete) tellComplete(job.name, businessDate, view.id, review);
  if (result.error !== undefined) await reportError(result.error, settings.logLevel);
  const { id: execution, status, rows, durationMs } = view;
  const { error } = result;
  const exitCode = alreadyComplete && review !== undefined ? ExitCode.outdated : result.exitCode;
  writeTerminationLog({
    exitCode,
    job: job.name,
    businessDate,
    execution,
    status,
    rows,
    durationMs,
    ...noted,
    message: error?.message ?? (alreadyComplete ? review?.reason : undefined),
  });
  return exitCode;
}

/** What a retry cannot help is not retried: the error's own advice instead. */
function withoutVainRetry(view: ExecutionView, { error }: JobRunResult): ExecutionView {
  const isVain = error?.exitCode === ExitCode.usage && view.next[0] === `settle restart ${view.id}`;
  return isVain && error.hint !== undefined ? { ...view, next: [error.hint] } : view;
}

/** On stderr: that nothing was done, and why a person might want more. Returns the exit code. */
export function tellComplete(
  job: string,
  date: string | undefined,
  execution: number,
  review: CompletedReview | undefined,
): ExitCode {
  if (review === undefined) tellAlreadyComplete(job, date, execution, 'nothing was done');
  else tell(`${subjectOf(job, date)} is already complete, but ${review.reason}`, `\`${review.next}\``);
  return review === undefined ? ExitCode.completed : ExitCode.outdated;
}

/** On stderr: that there is nothing to do, and what the reader may have wanted. */
export function tellAlreadyComplete(job: string, date: string | undefined, execution: number, outcome: string): void {
  const hint = `\`settle show ${execution}\` shows it, --rerun computes it again`;
  tell(`${subjectOf(job, date)} is already complete (execution ${execution}); ${outcome}`, hint);
}

export function subjectOf(job: string, date: string | undefined): string {
  return [job, date].filter((word) => word !== undefined).join(' ');
}

/** The revision is the engine's parameter, not the job's. */
export function withoutRevision(parameters: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(parameters).filter(([name]) => name !== REVISION));
}
