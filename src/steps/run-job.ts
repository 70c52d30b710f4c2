/**
 * Runs a job: the one way in for the command line and for users of the library. From the texts of the parameters to
 * the end of the execution, with its heartbeat, its stop and its exit code.
 */
import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { type Logger, pino } from 'pino';
import type { Database } from '../database/database.ts';
import { toSettleError } from '../database/errors.ts';
import { requireChunkSize } from '../engine/chunk-size.ts';
import { measureEventLoop } from '../engine/event-loop.ts';
import { serialiseContext } from '../engine/execution-context.ts';
import { fencedTransaction, isOwnershipLost, ownershipLost } from '../engine/fence.ts';
import { exitCodeOf } from '../engine/flow.ts';
import { startHeartbeat } from '../engine/heartbeat.ts';
import type { JobDefinition } from '../engine/job.ts';
import { type Launch, launch } from '../engine/launch.ts';
import { type JobEvent, tellAfter } from '../engine/listeners.ts';
import type { ProgressSink } from '../engine/progress.ts';
import { defaultRetryPolicy } from '../engine/retry-policy.ts';
import { type Retrying, withRetry } from '../engine/retrying.ts';
import { resolveParameters } from '../engine/revision.ts';
import { measureUsage } from '../engine/run-usage.ts';
import { requireValidJob } from '../engine/validate-job.ts';
import { ExitCode, type SettleError } from '../errors.ts';
import { updateJobContext } from '../repository/execution-context.ts';
import { getJobExecution, selectJobExecution, updateJobExecution } from '../repository/job-execution.ts';
import { deleteLease } from '../repository/lease.ts';
import type { BatchStatus, JobExecution } from '../repository/types.ts';
import { runFlow } from './run-flow.ts';
import type { JobRun, StepGate } from './run-state.ts';
import { inSpan, spanAttributes } from './tracing.ts';

export interface RunJobOptions {
  /** Worker threads of partitioned steps. Default: the number of cores. */
  readonly workers?: number;
  /** Partitions to ask the planner for; it has no say where the plan is already frozen. Default: the planner decides. */
  readonly partitions?: number;
  /** Rows a chunk, from 1 to 4,000,000. Default: as the step says. */
  readonly chunkSize?: number;
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
  requireValidJob(job);
  requireChunkSize('chunkSize', options.chunkSize);
  const now = options.now ?? (() => new Date());
  const leaseMs = options.leaseMs ?? LEASE_MS;
  const baseLogger = options.logger ?? pino({ level: 'silent' });
  const retryStart: Retrying = {
    policy: defaultRetryPolicy,
    circuit: { isOpen: false },
    isStopRequested: () => options.signal?.aborted === true,
    logger: baseLogger,
  };
  const ownerId = randomUUID();
  const parameters = await withRetry(retryStart, () =>
    resolveParameters(database, job, rawParameters, options.rerun ?? false),
  );
  const start = await withRetry(retryStart, () => launch(database, job, parameters, { leaseMs, now, ownerId }));
  if (start.kind === 'already-complete') {
    return { execution: start.execution, outcome: 'already-complete', exitCode: ExitCode.completed };
  }

  const { execution, fence } = start;
  const { businessDate } = parameters;
  const identity = { job: job.name, execution: execution.id, businessDate };
  const logger = baseLogger.child(identity);
  logStart(logger, start);
  const lost = new AbortController();
  const asked = new AbortController();
  const heartbeat = startHeartbeat({
    database,
    jobExecutionId: execution.id,
    ownerId: start.owner.ownerId,
    leaseMs,
    logger,
    onStopRequested: () => asked.abort('stop was asked for'),
    onOwnershipLost: () => lost.abort(ownershipLost()),
  });
  const signals = [asked.signal, lost.signal, ...(options.signal === undefined ? [] : [options.signal])];
  const signal = AbortSignal.any(signals);
  const workers = options.workers ?? availableParallelism();
  const run: JobRun = {
    database,
    execution,
    fence,
    parameters,
    jobContext: start.jobContext,
    logger,
    signal,
    options: {
      workers,
      partitions: options.partitions,
      chunkSize: options.chunkSize,
    },
    progress: options.progress ?? (() => {}),
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
      await endExecution(run, end.status, '', end.exitCode);
      span.setAttribute('settle.status', end.status);
      return end;
    });
    logger.info({ status, ...(await endDetails(options, logger)) }, 'job ended');
    if (status === 'STOPPED') return { execution, outcome: 'stopped', exitCode: stopExitCode(options.signal) };
    return skipCount > 0
      ? { execution, outcome: 'completed-with-skips', exitCode: ExitCode.completedWithSkips }
      : { execution, outcome: 'completed', exitCode: ExitCode.completed };
  } catch (error) {
    return await failRun(run, toSettleError(error), await endDetails(options, logger));
  } finally {
    run.eventLoop?.end();
    await heartbeat.stop();
    const { status, exitMessage } = execution;
    await tellAfter(logger, () => job.listeners?.afterJob?.(event, { status, exitMessage }));
  }
}

/** The last transaction of a run: how it ended, and that nobody owns it any more. */
async function endExecution(run: JobRun, status: BatchStatus, exitMessage: string, exitCode: string): Promise<void> {
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
  try {
    if (!isOwnershipLost(error)) await endExecution(run, 'FAILED', error.message, exitCodeOf(error) ?? 'FAILED');
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
