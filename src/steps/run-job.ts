/**
 * Runs a job: the one way in for the command line and for users of the library. From the texts of the parameters to
 * the end of the execution, with its heartbeat, its stop and its exit code.
 */
import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { type Logger, pino } from 'pino';
import type { Database } from '../database/database.ts';
import { toSettleError } from '../database/errors.ts';
import { type AttachedRun, endRequestOf, handOver } from '../engine/bind-request.ts';
import { requireChunkSize } from '../engine/chunk-size.ts';
import type { Doorbell } from '../engine/doorbell.ts';
import { measureEventLoop } from '../engine/event-loop.ts';
import { serialiseContext } from '../engine/execution-context.ts';
import { fencedTransaction, isOwnershipLost, ownershipLost } from '../engine/fence.ts';
import { exitCodeOf } from '../engine/flow.ts';
import { startHeartbeat } from '../engine/heartbeat.ts';
import type { JobDefinition } from '../engine/job.ts';
import { type Launch, launch } from '../engine/launch.ts';
import { type JobEvent, tellAfter } from '../engine/listeners.ts';
import { tellMeasure } from '../engine/measure.ts';
import { MeasuredProgress } from '../engine/measured-progress.ts';
import type { JobParameters } from '../engine/parameters.ts';
import type { ProgressEvent, ProgressSink } from '../engine/progress.ts';
import { requireServer } from '../engine/require-server.ts';
import { defaultRetryPolicy } from '../engine/retry-policy.ts';
import { type Retrying, withRetry } from '../engine/retrying.ts';
import { resolveParameters } from '../engine/revision.ts';
import { measureUsage } from '../engine/run-usage.ts';
import { requireValidJob } from '../engine/validate-job.ts';
import { ExitCode, type SettleError } from '../errors.ts';
import { jobDigest } from '../partition/definition-digest.ts';
import { updateJobContext } from '../repository/execution-context.ts';
import { getJobExecution, selectJobExecution, updateJobExecution } from '../repository/job-execution.ts';
import { deleteLease } from '../repository/lease.ts';
import type { RequestClaim } from '../repository/request.ts';
import { savePoints } from '../repository/step-progress.ts';
import type { BatchStatus, JobExecution } from '../repository/types.ts';
import { type FlowEnd, runFlow } from './run-flow.ts';
import type { JobRun, StepGate } from './run-state.ts';
import { inSpan, spanAttributes } from './tracing.ts';

export interface RunJobOptions {
  /** Worker threads of partitioned steps. Default: the number of cores. */
  readonly workers?: number;
  /** Partitions to ask the planner for; it has no say where the plan is already frozen. Default: the planner decides. */
  readonly partitions?: number;
  /** Rows a chunk, from 1 to 4,000,000. Default: as the step says. */
  readonly chunkSize?: number;
  /**
   * Puts partitions up for workers of any host (`settle worker`). `threads` of this process take some as well, 0 for none;
   * `attemptsMax`, by default 3, is how often one is tried before it is set aside; `bell` wakes workers that wait. Not on
   * SQLite.
   */
  readonly remote?: { readonly threads: number; readonly attemptsMax?: number; readonly bell?: Doorbell };
  /** Computes a completed instance again, as its next revision. One that is not completed is simply restarted. */
  readonly rerun?: boolean;
  /**
   * Aborted to stop the run at its next checkpoint. A reason of `'SIGINT'` gives exit code 130, `'SIGHUP'`
   * 129, any other 143.
   */
  readonly signal?: AbortSignal;
  readonly progress?: ProgressSink;
  /** Default: silent. */
  readonly logger?: Logger;
  /** What the log's record of the end says besides, asked for when all is done. One that throws is passed over. */
  readonly endDetails?: () => Promise<Readonly<Record<string, unknown>>>;
  /** Asked before each step; `stop` ends the run there, STOPPED, to be continued by its next start. */
  readonly beforeStep?: StepGate;
  /** Other runs share the process: what this one takes is not kept for predictions. */
  readonly isOneOfMany?: boolean;
  /** For the times in the repository; leases go by the database's clock. */
  readonly now?: () => Date;
  /** How long the owner may be silent before another process takes over. Default 30,000. */
  readonly leaseMs?: number;
}

export interface JobRunResult {
  readonly execution: JobExecution;
  readonly outcome: 'completed' | 'completed-with-skips' | 'already-complete' | 'failed' | 'stopped';
  readonly exitCode: ExitCode;
  /** When `failed`: the reason, in one line; its `cause` is the error as it was thrown. */
  readonly error?: SettleError;
}

const LEASE_MS = 30_000;
const ATTEMPTS_MAX = 3;

/**
 * Runs `job`, or restarts it where its last execution stopped, failed or died. Rejects when it could not be started:
 * a usage error for the parameters, ALREADY_RUNNING (exit code 11). Whatever happens later is in the result.
 */
export async function runJob(
  database: Database,
  job: JobDefinition,
  rawParameters: Readonly<Record<string, string>>,
  options: RunJobOptions = {},
): Promise<JobRunResult> {
  return await start(database, job, options, (retrying) =>
    withRetry(retrying, () => resolveParameters(database, job, rawParameters, options.rerun ?? false)),
  );
}

/**
 * As `runJob`, of a run that a worker has taken. Rejects also with REQUEST_LOST. When `options.signal` stops it before its
 * end, it is another worker's to go on with.
 */
export async function runTaken(
  database: Database,
  job: JobDefinition,
  parameters: JobParameters,
  claim: RequestClaim,
  options: RunJobOptions,
): Promise<JobRunResult> {
  return await start(database, job, options, async () => parameters, claim);
}

async function start(
  database: Database,
  job: JobDefinition,
  options: RunJobOptions,
  parametersOf: (retrying: Retrying) => Promise<JobParameters>,
  claim?: RequestClaim,
): Promise<JobRunResult> {
  requireValidJob(job);
  requireChunkSize('chunkSize', options.chunkSize);
  if (options.remote !== undefined) requireServer(database);
  const now = options.now ?? (() => new Date());
  const leaseMs = options.leaseMs ?? LEASE_MS;
  const baseLogger = options.logger ?? pino({ level: 'silent' });
  const retryStart: Retrying = {
    policy: defaultRetryPolicy,
    circuit: { isOpen: false },
    isStopRequested: () => options.signal?.aborted === true,
    logger: baseLogger,
    onRetry: () => tellMeasure({ type: 'retried', job: job.name }),
  };
  const ownerId = randomUUID();
  const parameters = await parametersOf(retryStart);
  const attached = options.remote === undefined ? undefined : await attachedRun(job, options);
  const launched = await withRetry(retryStart, () =>
    launch(database, job, parameters, { leaseMs, now, ownerId, claim, attached }),
  );
  if (launched.kind === 'already-complete') {
    return { execution: launched.execution, outcome: 'already-complete', exitCode: ExitCode.completed };
  }

  const { execution, fence } = launched;
  const { businessDate } = parameters;
  const identity = { job: job.name, execution: execution.id, businessDate };
  const logger = baseLogger.child(identity);
  logStart(logger, launched);
  tellMeasure({ type: 'begun', job: job.name });
  if (launched.takenOver !== undefined) tellMeasure({ type: 'taken-over', job: job.name, what: 'run' });
  const lost = new AbortController();
  const asked = new AbortController();
  const measured = new MeasuredProgress();
  const heartbeat = startHeartbeat({
    database,
    jobExecutionId: execution.id,
    ownerId: launched.owner.ownerId,
    leaseMs,
    logger,
    onStopRequested: () => asked.abort('stop was asked for'),
    onOwnershipLost: () => lost.abort(ownershipLost()),
    onBeat: async () => {
      for (const { stepExecutionId, points } of measured.unsaved())
        await savePoints(database.knex, stepExecutionId, points);
    },
  });
  const signals = [asked.signal, lost.signal, ...(options.signal === undefined ? [] : [options.signal])];
  const signal = AbortSignal.any(signals);
  const workers = options.workers ?? availableParallelism();
  const run: JobRun = {
    job,
    database,
    execution,
    fence,
    parameters,
    jobContext: launched.jobContext,
    logger,
    signal,
    options: {
      workers,
      partitions: options.partitions,
      chunkSize: options.chunkSize,
      remote: options.remote && {
        threads: options.remote.threads,
        attemptsMax: options.remote.attemptsMax ?? ATTEMPTS_MAX,
        leaseMs,
        bell: options.remote.bell,
      },
    },
    measured,
    progress: (event: ProgressEvent) => {
      measured.note(event);
      options.progress?.(event);
    },
    retrying: { ...retryStart, isStopRequested: () => signal.aborted, logger },
    now,
    noteUsage: options.isOneOfMany ? () => {} : measureUsage(workers),
    beforeStep: options.beforeStep ?? (async () => 'go'),
    eventLoop: measureEventLoop(),
  };
  const event: JobEvent = { ...run, jobName: job.name, jobExecutionId: execution.id };
  run.progress({ type: 'job-started', job: job.name, execution: execution.id, businessDate });
  try {
    const { status, skipCount } = await inSpan('job', spanAttributes(identity), async (span) => {
      await job.listeners?.beforeJob?.(event);
      const end = await runFlow(job, run);
      lost.signal.throwIfAborted();
      // Asked of this process, not of the run: another one goes on with it.
      const isHandedOver = end.status === 'STOPPED' && options.signal?.aborted === true && !asked.signal.aborted;
      const left = isHandedOver ? claim : undefined;
      await endExecution(run, end.status, '', end.exitCode, left ?? exitCodeOfEnd(end, options.signal));
      span.setAttribute('settle.status', end.status);
      return end;
    });
    logger.info({ status, ...(await endDetails(options, logger)) }, 'job ended');
    const outcome = status === 'STOPPED' ? 'stopped' : skipCount > 0 ? 'completed-with-skips' : ('completed' as const);
    return { execution, outcome, exitCode: exitCodeOfEnd({ status, skipCount }, options.signal) };
  } catch (error) {
    return await failRun(run, toSettleError(error), await endDetails(options, logger));
  } finally {
    run.eventLoop?.end();
    await heartbeat.stop();
    const { status, exitMessage } = execution;
    await tellAfter(logger, () => job.listeners?.afterJob?.(event, { status, exitMessage }));
  }
}

/** What workers must have and know to go on with the run. */
async function attachedRun(job: JobDefinition, { partitions, chunkSize }: RunJobOptions): Promise<AttachedRun> {
  return { definition: await jobDigest(job), options: { partitions, chunkSize } };
}

function exitCodeOfEnd(
  { status, skipCount }: Pick<FlowEnd, 'status' | 'skipCount'>,
  signal: AbortSignal | undefined,
): ExitCode {
  if (status === 'STOPPED') return stopExitCode(signal);
  return skipCount > 0 ? ExitCode.completedWithSkips : ExitCode.completed;
}

/**
 * The last transaction of a run: how it ended, and that nobody owns it any more.
 * @param end the process's exit code; the claim under which another worker is to go on with the run
 */
async function endExecution(
  run: JobRun,
  status: BatchStatus,
  exitMessage: string,
  exitCode: string,
  end: ExitCode | RequestClaim,
): Promise<void> {
  const { database, fence, execution } = run;
  const now = run.now();
  const ended = await withRetry(run.retrying, () =>
    fencedTransaction(database, fence, async (tx) => {
      const stored = await selectJobExecution(tx, execution.id, { lock: true });
      // An earlier attempt was committed, but the answer was lost.
      if (stored?.endTime !== undefined && stored.status === status) return stored;
      // Whoever asked for a stop has stepped the version.
      const version = stored?.status === 'STOPPING' ? stored.version : execution.version;
      const next: JobExecution = { ...execution, status, exitCode, exitMessage, version };
      Object.assign(next, { endTime: now, lastUpdated: now });
      await updateJobExecution(tx, next);
      await updateJobContext(tx, execution.id, serialiseContext(run.jobContext));
      await deleteLease(tx, execution.id);
      if (typeof end === 'object') await handOver(tx, end);
      else await endRequestOf(database, tx, fence.jobInstanceId, { exitCode: end, message: exitMessage }, now);
      return next;
    }),
  );
  Object.assign(execution, ended);
}

async function endDetails(
  options: RunJobOptions,
  logger: Logger,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    return await options.endDetails?.();
  } catch (error) {
    logger.warn({ err: error }, 'what the end is to say besides is not known');
    return undefined;
  }
}

async function failRun(
  run: JobRun,
  error: SettleError,
  details: Readonly<Record<string, unknown>> | undefined,
): Promise<JobRunResult> {
  const { database, execution, logger } = run;
  // The one record of the failure; the line for people is the command's.
  logger.error(
    { status: 'FAILED', code: error.code, reason: error.message, hint: error.hint, ...details },
    'job ended',
  );
  logger.debug({ err: error }, 'the error with its stack');
  const failed = { outcome: 'failed', exitCode: error.exitCode, error } as const;
  if (isOwnershipLost(error)) tellMeasure({ type: 'lost', job: execution.jobName, what: 'run' });
  try {
    if (!isOwnershipLost(error)) {
      await endExecution(run, 'FAILED', error.message, exitCodeOf(error) ?? 'FAILED', error.exitCode);
    }
  } catch (second) {
    logger.error({ err: second }, 'the failure could not be written down; the next start will take over');
    return { execution: { ...execution, status: 'FAILED', exitMessage: error.message }, ...failed };
  }
  // After a takeover, the row says what the other process made of it.
  const stored = isOwnershipLost(error) ? await getJobExecution(database, execution.id) : execution;
  return { execution: stored ?? execution, ...failed };
}

function logStart(logger: Logger, start: Extract<Launch, { kind: 'started' }>): void {
  const { takenOver } = start;
  if (takenOver === undefined) logger.info('job started');
  else logger.warn({ from: takenOver.id }, `job taken over from execution ${takenOver.id}: ${takenOver.exitMessage}`);
}

function stopExitCode(signal: AbortSignal | undefined): ExitCode {
  if (!signal?.aborted) return ExitCode.terminated;
  if (signal.reason === 'SIGHUP') return ExitCode.hungUp;
  return signal.reason === 'SIGINT' ? ExitCode.interrupted : ExitCode.terminated;
}
