/**
 * Runs the partitions of a step on workers of any host: puts the step up, watches its rows, and goes on when all of them
 * say that they are complete. Nobody waits for an answer: a worker that dies leaves a lease that ends.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { fencedTransaction, isOwnershipLost } from '../engine/fence.ts';
import { stepEndOf } from '../engine/partition-rules.ts';
import { withRetry } from '../engine/retrying.ts';
import type { PartitionedStep } from '../engine/step.ts';
import type { RemoteOptions } from '../engine/step-context.ts';
import { listLiveOwners, startWorkerLease } from '../engine/worker-lease.ts';
import { type ExitCode, isPlanOutdated, planOutdated, SettleError } from '../errors.ts';
import type { Offer } from '../repository/offer.ts';
import { listPartitions, type StoredPlan } from '../repository/partition.ts';
import type { PartitionProgress, PartitionState } from '../repository/types.ts';
import { type PartitionFailure, setAsideDead } from './give-up-partition.ts';
import { offerStep, revokeAll, takeDown } from './offer-step.ts';
import type { StepOutcome, StepRun } from './run-state.ts';
import { listTakeable, ringsOf } from './take-partition.ts';
import { workOnOffer } from './work-on-offer.ts';

const WATCH_MS = 500;
/** How long workers may take to give back what they have when the step is taken down: a chunk, and a look at the database. */
const GIVE_BACK_MS_MAX = 10_000;
/** How often the bell is rung again for what nobody has taken, or whose worker is dead. */
const SWEEP_MS = 5_000;
/** Without a worker and without progress for so long, the operator is told. */
const IDLE_WARNING_MS = 30_000;

/** @param definition what a worker's job must be, as a digest */
export async function runRemote(
  step: PartitionedStep,
  run: StepRun,
  plan: StoredPlan,
  options: RemoteOptions,
  definition: string,
): Promise<StepOutcome> {
  const before = await withRetry(run.retrying, () => listPartitions(run.database, run.fence.jobInstanceId, step.name));
  const offer = await offerStep(step, run, plan, definition, options);
  run.logger.info({ threads: options.threads, leaseMs: options.leaseMs }, 'step put up for workers');
  const ended = new AbortController();
  const own = options.threads > 0 ? workOnOwn(step, run, plan, offer, options, ended.signal) : undefined;
  try {
    // What its own threads throw is the step's end; that they have nothing to do is not.
    const failed = own?.then(() => new Promise<never>(() => {}));
    const outcome = await Promise.race([
      watch(step, run, offer, options, before),
      ...(failed === undefined ? [] : [failed]),
    ]);
    return outcome;
  } finally {
    ended.abort('the step is taken down');
    await own?.catch(() => {});
    await withdraw(step, run).catch((error: unknown) => {
      // The run that has taken over looks after the step now.
      if (!isOwnershipLost(error)) run.logger.warn({ err: error }, 'the step could not be taken down');
    });
  }
}

/** The run's own threads take partitions as any worker does, until the step is taken down. */
async function workOnOwn(
  step: PartitionedStep,
  run: StepRun,
  plan: StoredPlan,
  offer: Offer,
  { threads, attemptsMax, leaseMs }: RemoteOptions,
  ended: AbortSignal,
): Promise<void> {
  const { database, retrying, logger, now } = run;
  const lease = await withRetry(retrying, () => startWorkerLease(database, leaseMs, logger));
  const scope = { database, lease, retrying, logger, now };
  const shared = await withRetry(retrying, async () => await step.share?.(run.context));
  const signal = AbortSignal.any([ended, run.signal]);
  try {
    while (!signal.aborted) {
      await workOnOffer({
        ...scope,
        offer: () => offer,
        step,
        plan,
        parameters: run.parameters,
        shared,
        threads,
        attemptsMax,
        chunkSize: run.options.chunkSize ?? step.chunkSize,
        signal,
      });
      await sleep(WATCH_MS, undefined, { signal }).catch(() => {});
    }
  } finally {
    await lease.release().catch(() => {});
  }
}

/** @param before the partitions as they were before the step was put up */
async function watch(
  step: PartitionedStep,
  run: StepRun,
  offer: Offer,
  options: RemoteOptions,
  before: readonly PartitionProgress[],
): Promise<StepOutcome> {
  const { database, fence, retrying, logger } = run;
  const seen = new Map(before.map((one) => [one.partition, one]));
  let movedAtMs = performance.now();
  let rungAtMs = Number.NEGATIVE_INFINITY;
  for (;;) {
    const partitions = await withRetry(retrying, () => listPartitions(database, fence.jobInstanceId, step.name));
    if (tellProgress(run, seen, partitions)) movedAtMs = performance.now();
    requirePlan(partitions);
    const end = stepEndOf(partitions.map(stateOf), options.attemptsMax);
    if (end === 'complete') return 'COMPLETED';
    if (end === 'failed') throw stepFailed(step, partitions);
    if (run.signal.aborted) return 'STOPPED';
    await setAsideDeadOnes(step, run, partitions, options);
    if (options.bell !== undefined && performance.now() - rungAtMs > SWEEP_MS) {
      rungAtMs = performance.now();
      const takeable = await withRetry(retrying, () => listTakeable(database, offer, options.attemptsMax));
      options.bell.ring(ringsOf(offer, takeable));
    }
    if (performance.now() - movedAtMs > IDLE_WARNING_MS) {
      movedAtMs = performance.now();
      logger.warn('no worker gets on with the step; on this host or another: settle worker');
    }
    await sleep(WATCH_MS, undefined, { signal: run.signal }).catch(() => {});
  }
}

function stateOf({ status, claim, stepExecutionId }: PartitionProgress): PartitionState {
  return { status, epoch: claim.epoch, attempts: claim.attempts, ownerId: claim.ownerId, stepExecutionId };
}

/** Tells what has changed since the last look; returns whether anything has. */
function tellProgress(
  { progress, stepExecution, logger }: StepRun,
  seen: Map<number, PartitionProgress>,
  partitions: readonly PartitionProgress[],
): boolean {
  const step = stepExecution.stepName;
  let hasMoved = false;
  for (const one of partitions) {
    const { partition, status, rowsExpected, counts, claim } = one;
    const before = seen.get(partition);
    seen.set(partition, one);
    const rowsDone = counts.readCount;
    // Between two looks one may be taken and completed.
    const isAtWork = status === 'STARTED' || status === 'COMPLETED';
    const isNewClaim = claim.epoch !== (before?.claim.epoch ?? 0) && isAtWork;
    if (isNewClaim) {
      logger.info({ partition, host: claim.host, epoch: claim.epoch, attempt: claim.attempts }, 'partition taken');
      const rowsBefore = before?.counts.readCount ?? rowsDone;
      progress({ type: 'partition-started', step, partition, rowsExpected, rowsDone: rowsBefore, host: claim.host });
    }
    if (before !== undefined && rowsDone !== before.counts.readCount) {
      progress({ type: 'advanced', step, partition, rowsDone });
    } else if (!isNewClaim && status === before?.status) continue;
    hasMoved = true;
    if (before === undefined || status === before.status) continue;
    if (status === 'COMPLETED' || status === 'FAILED' || status === 'STOPPED') {
      progress({ type: 'partition-ended', step, partition, status });
      const reason = status === 'FAILED' ? failureOf(one)?.message : undefined;
      if (reason !== undefined) logger.error({ partition, attempt: claim.attempts, reason }, 'partition failed');
    }
  }
  return hasMoved;
}

/** One worker that finds the plan outdated is enough: the run plans again. */
function requirePlan(partitions: readonly PartitionProgress[]): void {
  for (const partition of partitions) {
    const failure = failureOf(partition);
    if (failure !== undefined && isPlanOutdated(errorOf(failure))) throw planOutdated(failure.message);
  }
}

async function setAsideDeadOnes(
  step: PartitionedStep,
  run: StepRun,
  partitions: readonly PartitionProgress[],
  { attemptsMax }: RemoteOptions,
): Promise<void> {
  const { database, fence, retrying } = run;
  const last = partitions.filter(({ status, claim }) => status === 'STARTED' && claim.attempts >= attemptsMax);
  if (last.length === 0) return;
  const alive = await withRetry(retrying, () => listLiveOwners(database));
  for (const { partition, claim } of last) {
    if (claim.ownerId !== undefined && alive.has(claim.ownerId)) continue;
    const key = { jobInstanceId: fence.jobInstanceId, stepName: step.name, partition };
    await withRetry(retrying, () =>
      fencedTransaction(database, fence, (tx) => setAsideDead(database, tx, key, attemptsMax, run.now())),
    );
  }
}

/** With every reason: whoever looks at it next needs all of them. */
function stepFailed(step: PartitionedStep, partitions: readonly PartitionProgress[]): SettleError {
  const failed = partitions.filter(({ status }) => status !== 'COMPLETED');
  const failures = failed.map((one) => failureOf(one) ?? { code: 'UNKNOWN', exitCode: 1, message: 'unknown' });
  const reasons = failed.map(
    ({ partition, claim }, at) => `partition ${partition} (${claim.attempts} attempts): ${failures[at].message}`,
  );
  const what = failed.length === 1 ? '1 partition was set aside' : `${failed.length} partitions were set aside`;
  const { exitCode, hint } = failures[0];
  const message = `step ${step.name}: ${what}, ${partitions.length - failed.length} completed; ${reasons.join('; ')}`;
  return new SettleError('PARTITIONS_SET_ASIDE', exitCode as ExitCode, message, {
    hint: hint ?? 'remove the cause; a restart tries what was set aside again',
  });
}

function failureOf({ claim }: PartitionProgress): PartitionFailure | undefined {
  return claim.failure === undefined ? undefined : JSON.parse(claim.failure);
}

function errorOf({ code, exitCode, message }: PartitionFailure): SettleError {
  return new SettleError(code, exitCode as ExitCode, message);
}

/** Takes the step down, waits a while for what workers give back, and takes the rest from them. */
async function withdraw(step: PartitionedStep, run: StepRun): Promise<void> {
  const { database, fence, retrying } = run;
  await takeDown(step, run);
  const until = performance.now() + GIVE_BACK_MS_MAX;
  for (;;) {
    const partitions = await withRetry(retrying, () => listPartitions(database, fence.jobInstanceId, step.name));
    const alive = await withRetry(retrying, () => listLiveOwners(database));
    const isHeld = ({ status, claim }: PartitionProgress) => status === 'STARTED' && alive.has(claim.ownerId ?? '');
    if (!partitions.some(isHeld) || performance.now() >= until) break;
    await sleep(WATCH_MS / 2);
  }
  await revokeAll(step, run, 'its worker had not given it back when the step ended');
}
