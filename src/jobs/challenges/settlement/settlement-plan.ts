/** The plan of a settlement: the ids of the challenges that are due, cut into ranges of about equally many members. */
import type { PartitionPlan } from '../../../engine/step.ts';
import type { StepContext } from '../../../engine/step-context.ts';
import { cutByWeight } from '../../cut-blocks.ts';
import { streamDueMembers } from './challenge-store.ts';

/** What a challenge costs beside its members, in members. */
const challengeWeight = 1;

export async function planSettlement(context: StepContext, partitionCount: number | undefined): Promise<PartitionPlan> {
  const { database, parameters, options } = context;
  const due = weigh(streamDueMembers(database, parameters.require('date')));
  return { partitions: await cutByWeight(due, partitionCount, options.workers), detail: null };
}

async function* weigh(due: AsyncIterable<{ readonly id: bigint; readonly members: number }>) {
  for await (const { id, members } of due) yield { id, weight: members + challengeWeight };
}
