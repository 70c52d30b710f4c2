/** The plan of a settlement: the ids of the challenges that are due, cut into ranges of equally many. */
import type { PartitionPlan, PlannedPartition, StepContext } from '../../engine/step.ts';
import { findDueIdAt, findDueIds } from './challenge-store.ts';

/** Ranges for each worker: a range that has a hot challenge in it does not keep the others waiting. */
const partitionsPerWorker = 4;
/** A range of fewer challenges is not worth a partition of its own. */
const partitionChallengesMin = 200;

export async function planSettlement(context: StepContext, gridSize: number | undefined): Promise<PartitionPlan> {
  const { database, parameters, options } = context;
  const date = parameters.require('date');
  const due = await findDueIds(database.knex, date);
  if (due === undefined) return { partitions: [], detail: null };
  const wanted = gridSize ?? Math.min(options.workers * partitionsPerWorker, due.count / partitionChallengesMin);
  const count = Math.max(1, Math.min(Math.ceil(wanted), due.count));
  const partitions: PlannedPartition[] = [];
  let minId = due.minId;
  for (let left = count, rowsLeft = due.count; left > 0; left--) {
    const rowsExpected = Math.ceil(rowsLeft / left);
    const nextId = left === 1 ? undefined : await findDueIdAt(database.knex, date, minId, rowsExpected);
    partitions.push({ minId, maxId: nextId === undefined ? due.maxId : nextId - 1n, rowsExpected });
    if (nextId === undefined) break;
    minId = nextId;
    rowsLeft -= rowsExpected;
  }
  return { partitions, detail: null };
}
