/** The plan of a settlement: the ids of the challenges that are due, cut into ranges of about equally many members. */
import type { PartitionPlan, PlannedPartition } from '../../../engine/step.ts';
import type { StepContext } from '../../../engine/step-context.ts';
import { streamDueMembers } from './challenge-store.ts';

/** Ranges for each worker: a range that takes longer does not keep the others waiting. */
const partitionsPerWorker = 4;
/** A range with less to do is not worth a partition of its own. */
const partitionWeightMin = 1_000;
/** What a challenge costs beside its members, in members. */
const challengeWeight = 1;
/** Blocks are what ranges are put together from: fewer to remember than challenges. */
const blockWeightMin = 500;

/** A run of challenges that are due. */
export interface DueBlock {
  readonly minId: bigint;
  readonly maxId: bigint;
  readonly challenges: number;
  readonly weight: number;
}

export async function planSettlement(context: StepContext, gridSize: number | undefined): Promise<PartitionPlan> {
  const { database, parameters, options } = context;
  const blocks: DueBlock[] = [];
  for await (const block of blocksOf(streamDueMembers(database, parameters.require('date')))) blocks.push(block);
  const weight = blocks.reduce((sum, block) => sum + block.weight, 0);
  const wanted = gridSize ?? Math.min(options.workers * partitionsPerWorker, weight / partitionWeightMin);
  return { partitions: cutBlocks(blocks, Math.max(1, Math.ceil(wanted))), detail: null };
}

/** A challenge that is a block by itself is alone in it. */
async function* blocksOf(due: AsyncIterable<{ id: bigint; members: number }>): AsyncGenerator<DueBlock> {
  let open: DueBlock | undefined;
  for await (const { id, members } of due) {
    const weight = members + challengeWeight;
    if (open !== undefined && open.weight + weight > blockWeightMin) {
      yield open;
      open = undefined;
    }
    const { minId = id, challenges = 0, weight: before = 0 } = open ?? {};
    open = { minId, maxId: id, challenges: challenges + 1, weight: before + weight };
  }
  if (open !== undefined) yield open;
}

/**
 * At most `count` ranges of nearly equal weight, in order of id; a block that weighs more than its share, as a challenge
 * with a crowd does, is a range by itself. Pure.
 */
export function cutBlocks(blocks: readonly DueBlock[], count: number): PlannedPartition[] {
  const partitions: PlannedPartition[] = [];
  let weightLeft = blocks.reduce((sum, { weight }) => sum + weight, 0);
  for (let at = 0; at < blocks.length; ) {
    const rangesLeft = count - partitions.length;
    const share = weightLeft / rangesLeft;
    const first = blocks[at];
    let { maxId, challenges, weight } = first;
    at++;
    while (at < blocks.length && (rangesLeft === 1 || weight + blocks[at].weight / 2 <= share)) {
      ({ maxId } = blocks[at]);
      challenges += blocks[at].challenges;
      weight += blocks[at].weight;
      at++;
    }
    partitions.push({ minId: first.minId, maxId, rowsExpected: challenges });
    weightLeft -= weight;
  }
  return partitions;
}
