/**
 * The rules of claims on partitions, without I/O: who may take one, what each move makes of its row, and whether a chunk
 * of it may commit. The statements of take-partition.ts and the simulation in test/ go by the same ones.
 */
import type { PartitionState } from '../repository/types.ts';

/** What a worker remembers of what it has taken. */
export interface HeldPartition {
  readonly epoch: number;
  readonly ownerId: string;
  readonly stepExecutionId: number;
  /** The fence, the plan and the definition of the offer under which it was taken. */
  readonly token: number;
  readonly planId: number;
  readonly definition: string;
}

/** What matters of an offer. */
export interface OfferState {
  readonly token: number;
  readonly planId: number;
  readonly definition: string;
}

/**
 * `take`: it may be claimed. `held`: somebody is at it. `set-aside`: it has failed too often; where it is still STARTED,
 * its last owner is dead. `over`: it is complete, or its plan is being dropped.
 */
export type Taking = 'take' | 'held' | 'set-aside' | 'over';

/** @param isOwnerAlive whether the lease of its owner runs; asked of a STARTED one only */
export function takingOf(state: PartitionState, isOwnerAlive: boolean, attemptsMax: number): Taking {
  if (state.status === 'COMPLETED' || state.status === 'ABANDONED') return 'over';
  if (state.status === 'STARTED' && isOwnerAlive) return 'held';
  return state.attempts >= attemptsMax ? 'set-aside' : 'take';
}

const CHOICES_MAX = 8;

/**
 * Among which a worker chooses by chance: all of them would try for the same one. Those whose worker is dead come first, since
 * the end of the step waits for them; what two workers have died of waits its turn, so that it does not end all of them
 * before the rest is done.
 * @param takeable the largest first
 */
export function choicesOf<T extends PartitionState>(takeable: readonly T[]): readonly T[] {
  const lost = takeable.filter(({ status, attempts }) => status === 'STARTED' && attempts === 1);
  return (lost.length > 0 ? lost : takeable).slice(0, CHOICES_MAX);
}

/** The row after a claim; written only where the epoch is still what it was. */
export function taken(state: PartitionState, ownerId: string, stepExecutionId: number): PartitionState {
  return { status: 'STARTED', epoch: state.epoch + 1, attempts: state.attempts + 1, ownerId, stepExecutionId };
}

/** Whether the row is still as the claim left it. */
export function isHeldBy(
  state: PartitionState | undefined,
  held: Pick<HeldPartition, 'epoch' | 'ownerId' | 'stepExecutionId'>,
): boolean {
  if (state === undefined || state.status !== 'STARTED' || state.epoch !== held.epoch) return false;
  return state.ownerId === held.ownerId && state.stepExecutionId === held.stepExecutionId;
}

/**
 * `commit`; `lost`: the partition is another's, or nobody's any more; `wait`: another run has taken the job over and has
 * not put the step up again yet.
 */
export type CommitRight = 'commit' | 'lost' | 'wait';

/**
 * Both are read under locks in the chunk's transaction.
 * @param token the fence as it stands
 * @param offer of the step, as it stands; asked for where the fence has changed
 */
export function commitRightOf(
  state: PartitionState | undefined,
  held: HeldPartition,
  token: number | undefined,
  offer: OfferState | undefined,
): CommitRight {
  if (!isHeldBy(state, held)) return 'lost';
  if (token === held.token) return 'commit';
  if (offer === undefined || offer.planId !== held.planId || offer.definition !== held.definition) return 'lost';
  return offer.token === token ? 'commit' : 'wait';
}

/** How work on a claimed partition ended that did not complete it. */
export type GivenUp = 'failed' | 'stopped';

/** The row after its owner has given it up. A stop is no attempt. */
export function givenUp(state: PartitionState, how: GivenUp): PartitionState {
  return how === 'failed'
    ? { ...state, status: 'FAILED' }
    : { ...state, status: 'STOPPED', attempts: Math.max(0, state.attempts - 1) };
}

/** The row after the run has taken it from its owner, who can commit nothing of it from then on. */
export function revoked(state: PartitionState, status: 'FAILED' | 'STOPPED'): PartitionState {
  return { ...state, status, epoch: state.epoch + 1 };
}

/** Whether the step can come to an end: every partition is complete, or was set aside. */
export type StepEnd = 'complete' | 'failed' | 'open';

export function stepEndOf(states: readonly PartitionState[], attemptsMax: number): StepEnd {
  if (states.every(({ status }) => status === 'COMPLETED')) return 'complete';
  const isEnded = ({ status, attempts }: PartitionState) =>
    status === 'COMPLETED' || (status === 'FAILED' && attempts >= attemptsMax);
  return states.every(isEnded) ? 'failed' : 'open';
}
