/**
 * Gives the records that an execution has skipped another try. Each in a transaction of its own that holds the record's
 * row and marks it: of two replays at once, or after a crash between two records, each record gets through once.
 */
import { type Logger, pino } from 'pino';
import type { Database } from '../database/database.ts';
import { ExecutionContext } from '../engine/execution-context.ts';
import { parameterTypeOf } from '../engine/java-types.ts';
import { allSteps, type JobDefinition } from '../engine/job.ts';
import { JobParameters } from '../engine/parameters.ts';
import { defaultRetryPolicy } from '../engine/retry-policy.ts';
import { type Retrying, withRetry } from '../engine/retrying.ts';
import { skipReason } from '../engine/skip-policy.ts';
import type { ChunkStep, PartitionedStep } from '../engine/step.ts';
import type { StepContext } from '../engine/step-context.ts';
import { usageError } from '../errors.ts';
import { listJobParameters } from '../repository/job-parameters.ts';
import { listSkipped, lockWaitingSkip, markReplayed, type StoredSkip } from '../repository/skipped.ts';
import type { JobExecution } from '../repository/types.ts';

const RECORDS_A_PAGE = 500;

export interface ReplayResult {
  /** Records that went through now. */
  readonly replayed: number;
  /** Records that failed again, with the new reason. */
  readonly failed: readonly { readonly record: StoredSkip; readonly error: string }[];
}

export interface ReplayOptions {
  /** Default: silent. */
  readonly logger?: Logger;
  /** Aborted to end after the present record. */
  readonly signal?: AbortSignal;
}

/** Those of all executions of the instance. Throws a usage error when a step whose records wait does not know how to replay one. */
export async function replaySkipped(
  database: Database,
  job: JobDefinition,
  execution: JobExecution,
  options: ReplayOptions = {},
): Promise<ReplayResult> {
  const { logger = pino({ level: 'silent' }), signal = new AbortController().signal } = options;
  const parameters = await storedParameters(database, execution.id);
  const retrying: Retrying = {
    policy: defaultRetryPolicy,
    circuit: { isOpen: false },
    isStopRequested: () => signal.aborted,
    logger,
  };
  const failed: { record: StoredSkip; error: string }[] = [];
  let replayed = 0;
  for (let after: StoredSkip | undefined; !signal.aborted; ) {
    const page = await listSkipped(database.knex, execution.id, { after, limit: RECORDS_A_PAGE });
    for (const record of page) {
      if (record.replayedAt !== undefined || signal.aborted) continue;
      const step = requireReplayable(job, record);
      const context = replayContext(database, execution, parameters, record, logger, signal);
      try {
        if (await withRetry(retrying, () => replayOne(database, step, record, context))) replayed++;
      } catch (error) {
        if (retrying.circuit.isOpen) throw error;
        failed.push({ record, error: skipReason(error) });
      }
    }
    if (page.length < RECORDS_A_PAGE) break;
    after = page.at(-1);
  }
  return { replayed, failed };
}

/** False when someone else was faster. */
async function replayOne(
  database: Database,
  step: Required<Pick<ChunkStep | PartitionedStep, 'replay'>>,
  record: StoredSkip,
  context: StepContext,
): Promise<boolean> {
  return await database.transaction(async (tx) => {
    if ((await lockWaitingSkip(tx, record)) === undefined) return false;
    await step.replay(record, context, tx);
    await markReplayed(tx, record, new Date());
    return true;
  });
}

function requireReplayable(job: JobDefinition, { stepName }: StoredSkip) {
  // A partition's row is named `<step>:<partition>`.
  const name = stepName.replace(/:\d+$/, '');
  const step = allSteps(job).find((one) => one.name === name);
  if (step !== undefined && step.kind !== 'tasklet' && step.replay !== undefined) return { replay: step.replay };
  throw usageError(
    `step ${name} of ${job.name} cannot replay single records`,
    'correct them and run the job again, or hand them in some other way',
  );
}

async function storedParameters(database: Database, jobExecutionId: number): Promise<JobParameters> {
  const stored = await listJobParameters(database, jobExecutionId);
  return new JobParameters(
    stored.map(({ javaType, ...rest }) => ({ ...rest, type: parameterTypeOf(javaType) ?? 'string' })),
  );
}

function replayContext(
  database: Database,
  execution: JobExecution,
  parameters: JobParameters,
  { stepExecutionId, stepName }: StoredSkip,
  logger: Logger,
  signal: AbortSignal,
): StepContext {
  return {
    database,
    parameters,
    jobInstanceId: execution.jobInstanceId,
    jobExecutionId: execution.id,
    stepExecutionId,
    stepName,
    executionContext: ExecutionContext.create(),
    jobContext: ExecutionContext.create(),
    logger,
    signal,
    options: { workers: 1, partitions: undefined, chunkSize: undefined },
    progress: () => {},
    transaction: (work) => database.transaction(work),
  };
}
