/**
 * The plan of step `resolve-windows`, which decides the views that the partitions of the statistics left open: runs of
 * their buckets. A bucket holds all views of its pairs, so that each is decided alone.
 */
import type { PartitionedStep, PartitionPlan, PlannedPartition } from '../../../engine/step.ts';
import type { StepContext } from '../../../engine/step-context.ts';
import { planOutdated } from '../../../errors.ts';
import { listPartitions } from '../../../repository/partition.ts';
import type { JudgeFrame } from '../rules/judge-frame.ts';
import { countOpenOfDay, deleteMerged, sumMerged } from './partial-store.ts';
import { readPlanDetail } from './statistics-plan.ts';

/** PartitionPlan.detail of the step; JSON. Both are the statistics step's own. */
export interface ResolvePlanDetail {
  readonly frame: JudgeFrame;
  readonly videoBounds: readonly string[];
}

/** Name of the step. */
export const resolveStep = 'resolve-windows';

/** Fewer are decided before another thread has started. */
const openRowsAPartition = 50_000;
/** Ranges for each worker: one that takes longer does not keep the others waiting. */
const partitionsAWorker = 4;
/** How many workers there are on other hosts is not known: as many partitions as keep several of them busy. */
const partitionsForHosts = 32;

/** A plan of one partition goes without another thread. */
export const resolveRowsOfOwnThread: NonNullable<PartitionedStep['ownThreadRowsMax']> = 2 * openRowsAPartition;

/**
 * Cuts the buckets into runs of about equal rows. What an earlier attempt at a step without partitions, or at a plan that
 * was not stored, has merged is removed.
 */
export async function planResolve(context: StepContext, partitionCount: number | undefined): Promise<PartitionPlan> {
  const { database, jobInstanceId, options } = context;
  const found = await countOpenOfDay(database.knex, jobInstanceId);
  // A dry run belongs to no instance: the views are known when the step before has run.
  if (found === undefined) return { partitions: [], detail: null };
  const { frame, videoBounds = [], buckets } = await readPlanDetail(database.knex, jobInstanceId);
  if (found.isMerged) await context.transaction((tx) => deleteMerged(tx, jobInstanceId));
  const most = Math.max(partitionsAWorker * options.workers, options.remote === undefined ? 1 : partitionsForHosts);
  const wanted = partitionCount ?? Math.min(most, Math.floor(found.open / openRowsAPartition));
  const detail: ResolvePlanDetail = { frame, videoBounds };
  return { partitions: cutBuckets(buckets, found.open, wanted), detail };
}

/**
 * On a restart: a version without partitions may have merged since the plan was made.
 * @throws SettleError PLAN_OUTDATED when the entries of the merge are not those of the partitions
 */
export async function requireOwnMerge({ database, jobInstanceId }: StepContext): Promise<void> {
  const rowsDecided = async () => {
    const partitions = await listPartitions(database, jobInstanceId, resolveStep);
    return partitions.reduce((sum, { counts }) => sum + counts.readCount, 0);
  };
  // Workers that a dead run has left may commit meanwhile.
  const before = await rowsDecided();
  const merged = await sumMerged(database.knex, jobInstanceId);
  if (before <= merged && merged <= (await rowsDecided())) return;
  throw planOutdated(`${merged} open views are merged, and the partitions have decided ${before}`);
}

/**
 * Runs of the buckets 0, 1, 2 ..., over which rows are spread evenly: by a hash.
 * @returns none without rows
 */
export function cutBuckets(buckets: number, rows: number, partitionCount: number): PlannedPartition[] {
  if (rows === 0) return [];
  const count = Math.max(1, Math.min(partitionCount, buckets));
  const firstOf = (partition: number) => Math.floor((partition * buckets) / count);
  const rowsBefore = (bucket: number) => Math.round((rows / buckets) * bucket);
  return Array.from({ length: count }, (_, partition) => {
    const [first, next] = [firstOf(partition), firstOf(partition + 1)];
    return { minId: BigInt(first), maxId: BigInt(next - 1), rowsExpected: rowsBefore(next) - rowsBefore(first) };
  });
}

export async function discardMerged(context: StepContext): Promise<void> {
  await context.transaction((tx) => deleteMerged(tx, context.jobInstanceId));
}
