/** What `--detach` does: checks a run as its start does, leaves it to workers, and says by which number to ask for it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CompletedReview, JobDefinition } from '../engine/job.ts';
import { parseParameters } from '../engine/parse-parameters.ts';
import { requestRun } from '../engine/request-run.ts';
import { requireServer } from '../engine/require-server.ts';
import { defaultRetryPolicy } from '../engine/retry-policy.ts';
import { type Retrying, withRetry } from '../engine/retrying.ts';
import { resolveParameters } from '../engine/revision.ts';
import { requireValidJob } from '../engine/validate-job.ts';
import { ExitCode, usageError } from '../errors.ts';
import { jobDigest } from '../partition/definition-digest.ts';
import { nextJobExecutionId } from '../repository/next-id.ts';
import type { RunRequest } from '../repository/request.ts';
import type { CommandContext } from './command-context.ts';
import { doorbellOf } from './doorbell.ts';
import { tell } from './errors.ts';
import { type RunFlags, subjectOf, tellComplete, withoutRevision } from './execute-job.ts';
import { requireFit } from './force-unfit.ts';
import { formatJson } from './output/json.ts';
import { print } from './output/stdout.ts';

/** For a queue to answer. */
const RING_MS_MAX = 1_000;

/** Options that say how this process is to run, which it does not. @throws SettleError (exit 2) */
export function requireDetachable(
  flags: RunFlags & { readonly dryRun?: boolean; readonly metricsFile?: string },
): void {
  const { workers, remote, dryRun, metricsFile } = flags;
  const given = [
    ...(workers !== undefined || remote !== undefined ? ['--workers'] : []),
    ...(dryRun ? ['--dry-run'] : []),
    ...(metricsFile === undefined ? [] : ['--metrics-file']),
  ];
  if (given.length === 0) return;
  throw usageError(
    `--detach leaves the run to a worker: ${given.join(' and ')} would say what this process does`,
    'give threads to `settle worker --threads N`',
  );
}

/** A worker that waits is woken; without a queue, or when it is away, one comes by itself a few seconds later. */
async function ringFor(context: CommandContext, flags: RunFlags, { jobInstanceId, epoch }: RunRequest): Promise<void> {
  const bell = await doorbellOf(context, flags, { isHeard: false });
  if (bell === undefined) return;
  const until = performance.now() + RING_MS_MAX;
  while (!bell.isThere && performance.now() < until) await sleep(20);
  bell.ring([{ instance: jobInstanceId, step: '', plan: 0, partition: 0, epoch }]);
  await bell.close();
}

/** Prints the number on stdout. Resolves to the exit code. @throws SettleError for whatever is refused */
export async function detachRun(
  context: CommandContext,
  job: JobDefinition,
  raw: Readonly<Record<string, string>>,
  flags: RunFlags,
): Promise<number> {
  const { database, settings, logger } = context;
  requireServer(database);
  requireValidJob(job);
  const parsed = parseParameters(job, withoutRevision(raw));
  job.requireDue?.(parsed, new Date());
  await requireFit(context, job, flags);
  const retrying: Retrying = {
    policy: defaultRetryPolicy,
    circuit: { isOpen: false },
    isStopRequested: () => false,
    logger,
  };
  const definition = await jobDigest(job);
  const id = await withRetry(retrying, () => nextJobExecutionId(database, database.knex));
  const options = {
    partitions: flags.partitions ?? settings.partitions,
    chunkSize: flags.chunk ?? settings.chunk,
  };
  const request = async (rerun: boolean) => {
    const parameters = await withRetry(retrying, () => resolveParameters(database, job, raw, rerun));
    const run = { id, parameters, definition, options, now: new Date() };
    return await withRetry(retrying, () => requestRun(database, job, run));
  };
  let requested = await request(flags.rerun ?? false);
  let review: CompletedReview | undefined;
  if (requested.kind === 'already-complete') {
    review = await job.reviewCompleted?.(database, parsed);
    if (review?.verdict === 'recompute') {
      tell(`${review.reason}: it is computed again`);
      requested = await request(true);
    }
  }
  const { businessDate } = parsed;
  if (requested.kind === 'requested') await ringFor(context, flags, requested.request);
  const isComplete = requested.kind === 'already-complete';
  const number = requested.kind === 'already-complete' ? requested.execution.id : requested.request.id;
  const parameters = Object.fromEntries(parsed.all.map(({ name, value }) => [name, value]));
  await print(flags.json ? formatJson({ id: number, job: job.name, parameters, isComplete }) : `${number}\n`);
  if (isComplete) return tellComplete(job.name, businessDate, number, review);
  tell(
    `run ${number} (${subjectOf(job.name, businessDate)}) waits for a worker`,
    `\`settle wait ${number}\` waits for its end`,
  );
  return ExitCode.completed;
}
