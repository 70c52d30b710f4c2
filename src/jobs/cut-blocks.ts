/**
 * Cuts what a step has to do into ranges of ids of about equal weight: challenges by their members, coupons by their
 * requests. Pure.
 */
import type { PlannedPartition } from '../engine/step.ts';

/** Ranges for each worker: a range that takes longer does not keep the others waiting. */
const partitionsPerWorker = 4;
/** A range with less to do is not worth a partition of its own. */
const partitionWeightMin = 1_000;
/** Blocks are what ranges are put together from: fewer to remember than items. */
const blockWeightMin = 500;

/** What is cut. */
export interface WeightedItem {
  readonly id: bigint;
  readonly weight: number;
  /** What it counts for in the progress. Default 1. */
  readonly rows?: number;
}

/** A run of items, by id. */
export interface WeightedBlock {
  readonly minId: bigint;
  readonly maxId: bigint;
  /** What its items count for in the progress. */
  readonly rows: number;
  readonly weight: number;
}

/** Ranges of the items, which ascend by id; `workers` and the weight decide how many where `partitionCount` does not. */
export async function cutByWeight(
  items: AsyncIterable<WeightedItem>,
  partitionCount: number | undefined,
  workers: number,
): Promise<PlannedPartition[]> {
  const blocks: WeightedBlock[] = [];
  for await (const block of blocksOf(items)) blocks.push(block);
  const weight = blocks.reduce((sum, block) => sum + block.weight, 0);
  const wanted = partitionCount ?? Math.min(workers * partitionsPerWorker, weight / partitionWeightMin);
  return cutBlocks(blocks, Math.max(1, Math.ceil(wanted)));
}

/** An item that is a block by itself is alone in it. */
async function* blocksOf(all: AsyncIterable<WeightedItem>): AsyncGenerator<WeightedBlock> {
  let open: WeightedBlock | undefined;
  for await (const { id, weight, rows = 1 } of all) {
    if (open !== undefined && open.weight + weight > blockWeightMin) {
      yield open;
      open = undefined;
    }
    const { minId = id, rows: sum = 0, weight: before = 0 } = open ?? {};
    open = { minId, maxId: id, rows: sum + rows, weight: before + weight };
  }
  if (open !== undefined) yield open;
}

/**
 * At most `count` ranges of nearly equal weight, in order of id; a block that
 * weighs more than its share is a range by itself. Pure.
 */
export function cutBlocks(blocks: readonly WeightedBlock[], count: number): PlannedPartition[] {
  const partitions: PlannedPartition[] = [];
  let weightLeft = blocks.reduce((sum, { weight }) => sum + weight, 0);
  for (let at = 0; at < blocks.length; ) {
    const rangesLeft = count - partitions.length;
    const share = weightLeft / rangesLeft;
    const first = blocks[at];
    let { maxId, rows, weight } = first;
    at++;
    while (at < blocks.length && (rangesLeft === 1 || weight + blocks[at].weight / 2 <= share)) {
      ({ maxId } = blocks[at]);
      rows += blocks[at].rows;
      weight += blocks[at].weight;
      at++;
    }
    partitions.push({ minId: first.minId, maxId, rowsExpected: rows });
    weightLeft -= weight;
  }
  return partitions;
}
