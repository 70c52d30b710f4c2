/**
 * Runs a job for many business dates by one command: as many at a time as asked for, what depends on the date before in
 * order. Each date is the instance that a run of it alone is, with its own execution, fence and restart.
 */
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { toSettleError } from '../../database/errors.ts';
import { openDatabase } from '../../database/open.ts';
import { holdClaim } from '../../engine/hold-claim.ts';
import type { CompletedReview, JobDefinition } from '../../engine/job.ts';
import { parseParameters } from '../../engine/parse-parameters.ts';
import { isExhausted } from '../../engine/retrying.ts';
import { ExitCode, isSettleError, type SettleError } from '../../errors.ts';
import { findStepHistory } from '../../repository/step-execution.ts';
import { type LinkEnd, runInOrder } from '../../steps/run-in-order.ts';
import { type JobRunResult, runJob } from '../../steps/run-job.ts';
import type { StepGate } from '../../steps/run-state.ts';
import { jobEnding } from '../asked-run.ts';
import type { CommandContext } from '../command-context.ts';
import { tell } from '../errors.ts';
import { requireFit } from '../force-unfit.ts';
import { formatJson } from '../output/json.ts';
import { print } from '../output/stdout.ts';
import { stopSignal } from '../stop-signal.ts';
import { writeTerminationLog } from '../termination-log.ts';
import { isDone, type SeriesLine, seriesExitCode } from './series-line.ts';
import { type SeriesProgress, showSeries } from './series-progress.ts';
import { seriesText } from './series-text.ts';

export interface SeriesFlags {
  /** Dates at a time. Default: one a worker, at least 2. */
  readonly parallel?: number;
  /** Worker threads of all dates together. */
  readonly workers?: number;
  readonly json?: boolean;
  readonly forceUnfit?: boolean;
}

/** One date's run: its parameters as text. */
export interface SeriesRun {
  readonly date: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** How often a date that runs elsewhere is looked at. */
const ELSEWHERE_POLL_MS = 1_000;
const STOP_CODES: Readonly<Record<string, number>> = { SIGINT: ExitCode.interrupted, SIGHUP: ExitCode.hungUp };

/** Of a signal that `stopSignal` gave, and that is aborted. */
export function stopExitCode({ reason }: AbortSignal): number {
  return STOP_CODES[reason] ?? ExitCode.terminated;
}

/**
 * Runs them in the order given, and prints how each ended. Resolves to the exit code.
 * @throws SettleError ALREADY_RUNNING (exit 11) when another process has a series of the job on its way; whatever
 *   refuses the start of any date at all
 */
export async function executeSeries(
  context: CommandContext,
  job: JobDefinition,
  runs: readonly SeriesRun[],
  flags: SeriesFlags,
): Promise<number> {
  for (const { parameters } of runs) job.requireDue?.(parseParameters(job, parameters), new Date());
  await requireFit(context, job, flags);
  const startedMs = Date.now();
  const stop = stopSignal();
  const claim = { name: `series ${job.name}`, what: `a series of ${job.name}` };
  let lost: AbortSignal | undefined;
  const lines = await holdClaim(context.database, claim, (signal) => {
    lost = signal;
    return new Series({ context, job, runs, flags }, AbortSignal.any([stop, signal])).run();
  });
  const stopCode = stop.aborted ? stopExitCode(stop) : lost?.aborted ? ExitCode.alreadyRunning : undefined;
  const exitCode = seriesExitCode(lines, stopCode);
  if (stopCode === ExitCode.alreadyRunning) tell(toSettleError(lost?.reason).message);
  jobEnding.isLogged = true;
  const elapsedMs = Date.now() - startedMs;
  if (flags.json) await print(formatJson({ job: job.name, exitCode, durationMs: elapsedMs, dates: lines }));
  else await print(seriesText(job.name, lines, elapsedMs));
  const open = lines.filter(({ outcome }) => !isDone(outcome));
  const failure = open.find(({ outcome }) => outcome === 'failed');
  for (const { date, reason } of open.filter(({ outcome }) => outcome === 'failed')) tell(`${date}: ${reason}`);
  writeTerminationLog({
    exitCode,
    job: job.name,
    dates: lines.length,
    open: open.length,
    durationMs: elapsedMs,
    message: failure === undefined ? undefined : `${failure.date}: ${failure.reason}`,
  });
  return exitCode;
}

/** A run as it ended; `review` of one that was complete before. */
interface Ended {
  readonly result: JobRunResult;
  readonly review?: CompletedReview;
}

interface EachOptions {
  readonly workers: number;
  readonly isOneOfMany: boolean;
}

class Series {
  readonly context: CommandContext;
  readonly job: JobDefinition;
  readonly runs: readonly SeriesRun[];
  readonly flags: SeriesFlags;
  readonly #lines: SeriesLine[];
  readonly #heldUpAt = new Map<number, string>();
  /** The database was gone for too long: what has not begun is left to the next start. */
  readonly #gone = new AbortController();
  readonly #signal: AbortSignal;

  constructor({ context, job, runs, flags }: Pick<Series, 'context' | 'job' | 'runs' | 'flags'>, stop: AbortSignal) {
    this.context = context;
    this.job = job;
    this.runs = runs;
    this.flags = flags;
    this.#signal = AbortSignal.any([stop, this.#gone.signal]);
    this.#lines = runs.map(({ date }) => ({ date, outcome: 'not-started', exitCode: ExitCode.failed }));
  }

  async run(): Promise<SeriesLine[]> {
    const { context, job, runs, flags } = this;
    const workers = flags.workers ?? context.settings.workers ?? availableParallelism();
    const parallel = Math.min(runs.length, flags.parallel ?? Math.max(2, workers));
    const progress = await showSeries(context.logger, job.name, runs.length);
    const options = {
      parallel,
      sideBySide: new Set(job.sideBySide),
      signal: this.#signal,
      onHeldUp: (index: number, step: string) => this.#heldUpAt.set(index, step),
    };
    const each = { workers: Math.max(1, Math.floor(workers / Math.max(1, parallel))), isOneOfMany: parallel > 1 };
    try {
      await runInOrder(runs.length, options, (index, gate) => this.#runOne(index, gate, each, progress));
    } finally {
      progress.end();
    }
    return this.#lines;
  }

  /** Never rejects. */
  async #runOne(index: number, gate: StepGate, each: EachOptions, progress: SeriesProgress): Promise<LinkEnd> {
    const { date } = this.runs[index];
    const startedMs = Date.now();
    let end: LinkEnd = { isComplete: false, hasCompleted: async () => false };
    try {
      const ended = await this.#start(index, gate, each, progress);
      const { result } = ended;
      this.#lines[index] = this.#lineOf(index, ended, Date.now() - startedMs);
      if (isExhausted(result.error)) this.#gone.abort();
      end = this.#endOf(result);
    } catch (thrown) {
      const error = isSettleError(thrown) ? thrown : toSettleError(thrown);
      if (isExhausted(error)) this.#gone.abort();
      this.#lines[index] =
        this.#signal.aborted && error.exitCode === ExitCode.alreadyRunning
          ? { date, outcome: 'stopped', exitCode: ExitCode.terminated, reason: error.message }
          : failedLine(date, error);
    }
    progress.ended(date);
    return end;
  }

  /** As a command for the date alone starts it; waits while the date runs elsewhere. */
  async #start(index: number, gate: StepGate, each: EachOptions, progress: SeriesProgress): Promise<Ended> {
    const { context, job, flags, runs } = this;
    const { date, parameters } = runs[index];
    if (flags.forceUnfit !== true) await job.requireFit?.(context.database);
    // SQLite has one writer, and one connection a thread. Servers give each date connections of its own: one that holds
    // several must not wait for those of another date that waits for it.
    const isShared = context.database.dialect.name === 'sqlite' || runs.length === 1;
    const database = isShared ? context.database : await openDatabase(context.database.url);
    try {
      const watches = await context.registry.watchRun({ ...context, database });
      const start = (rerun: boolean) =>
        runJob(database, job, parameters, {
          ...each,
          rerun,
          signal: this.#signal,
          beforeStep: gate,
          progress: progress.sinkOf(date),
          logger: context.logger,
          endDetails: async () => Object.assign({}, ...(await Promise.all(watches.map((watch) => watch.end())))),
        });
      const result = await this.#whenFree(date, () => start(false));
      if (result.outcome !== 'already-complete') return { result };
      const review = await job.reviewCompleted?.(database, parseParameters(job, parameters));
      return review?.verdict === 'recompute'
        ? { result: await this.#whenFree(date, () => start(true)) }
        : { result, review };
    } finally {
      if (!isShared) await database.close();
    }
  }

  /** A date that runs elsewhere is waited for: what follows needs it, and its process may be stopped. */
  async #whenFree(date: string, start: () => Promise<JobRunResult>): Promise<JobRunResult> {
    for (let waited = false; ; waited = true) {
      try {
        return await start();
      } catch (error) {
        if (!isSettleError(error) || error.exitCode !== ExitCode.alreadyRunning || this.#signal.aborted) throw error;
        if (!waited) this.context.logger.info({ job: this.job.name, businessDate: date }, `waiting: ${error.message}`);
        await sleep(ELSEWHERE_POLL_MS, undefined, { signal: this.#signal }).catch(() => undefined);
      }
    }
  }

  #lineOf(
    index: number,
    { result: { outcome, execution, exitCode, error }, review }: Ended,
    durationMs: number,
  ): SeriesLine {
    const { date } = this.runs[index];
    const line = { date, execution: execution.id, durationMs, exitCode };
    const restart = `settle restart ${execution.id}`;
    if (outcome === 'failed') {
      const next = error?.exitCode === ExitCode.usage ? error.hint : restart;
      return { ...line, outcome, reason: error?.message, next };
    }
    if (outcome === 'stopped') {
      const step = this.#heldUpAt.get(index);
      if (step === undefined) return { ...line, outcome };
      return {
        ...line,
        outcome: 'held-up',
        exitCode: ExitCode.failed,
        reason: `${this.runs[index - 1].date} has not completed ${step}`,
      };
    }
    if (review?.verdict !== 'outdated') return { ...line, outcome };
    return { ...line, outcome: 'outdated', exitCode: ExitCode.outdated, reason: review.reason, next: review.next };
  }

  #endOf({ outcome, execution }: JobRunResult): LinkEnd {
    const { knex } = this.context.database;
    return {
      isComplete: outcome !== 'failed' && outcome !== 'stopped',
      hasCompleted: async (step) =>
        (await findStepHistory(knex, execution.jobInstanceId, step)).last?.status === 'COMPLETED',
    };
  }
}

function failedLine(date: string, error: SettleError): SeriesLine {
  return { date, outcome: 'failed', exitCode: error.exitCode, reason: error.message, next: error.hint };
}
