/**
 * Claims, leases, epochs, sweeps and messages of workers and managers in one process, with a virtual clock, by a seed. Each
 * move of a worker or manager is a transaction on a small model of the database, decided by the rules that the engine goes
 * by; between two moves anything may happen: a pause longer than the lease, a kill, a message that is lost or comes thrice.
 */
import {
  commitRightOf,
  givenUp,
  type HeldPartition,
  type OfferState,
  revoked,
  stepEndOf,
  taken,
  takingOf,
} from '../../src/engine/partition-rules.ts';
import { isLeaseOver, type LeaseTimes } from '../../src/repository/lease-times.ts';
import type { PartitionState } from '../../src/repository/types.ts';

/** What is left out on purpose, to see that the simulation finds it. */
export type PlantedFault = 'no-epoch-check' | 'lease-on-workers-clock' | 'completion-by-message';

export interface SimulationResult {
  /** What was broken, in order; empty: nothing. */
  readonly violations: readonly string[];
  /** Of what happened, so that a run in which nothing happens is seen. */
  readonly events: Readonly<Record<string, number>>;
}

const PARTITIONS = 5;
const CHUNKS = 4;
const WORKERS = 3;
const LEASE_MS = 300;
const ATTEMPTS_MAX = 1_000;
const MOVES_MAX = 4_000;
const PLAN = { planId: 1, definition: 'one' };

interface StoredPartition {
  state: PartitionState;
  /** Committed chunks, by the step executions that committed them. */
  readonly chunks: { readonly chunk: number; readonly epoch: number }[];
}

interface Held {
  readonly partition: number;
  readonly claim: HeldPartition;
  /** The chunk that it computes next. */
  next: number;
}

interface Worker {
  readonly id: string;
  /** By how much its own clock is wrong. */
  readonly skewMs: number;
  pausedUntilMs: number;
  isAlive: boolean;
  held: Held | undefined;
  renewedAtMs: number;
}

export function simulateClaims(seed: number, fault?: PlantedFault): SimulationResult {
  const random = randomOf(seed);
  const chance = (share: number) => random() < share;
  const below = (count: number) => Math.floor(random() * count);
  const violations: string[] = [];
  const events: Record<string, number> = {};
  const happened = (event: string) => {
    events[event] = (events[event] ?? 0) + 1;
  };

  // The database.
  let nowMs = 1_000_000;
  let nextStepExecution = 1;
  let token = 1;
  let offer: OfferState | undefined = { ...PLAN, token };
  const leases = new Map<string, LeaseTimes>();
  const partitions: StoredPartition[] = Array.from({ length: PARTITIONS }, () => ({
    state: { status: 'STARTING', epoch: 0, attempts: 0, ownerId: undefined, stepExecutionId: undefined },
    chunks: [],
  }));

  // The queue: a doorbell. What is lost or doubled there must not matter.
  const bell: number[] = [];
  const answers: number[] = [];
  const answered = new Set<number>();
  const send = (queue: number[], partition: number) => {
    for (let copies = chance(0.2) ? 0 : chance(0.2) ? 3 : 1; copies > 0; copies--) queue.push(partition);
  };

  const workers: Worker[] = [];
  const addWorker = () => {
    const skewMs = (below(3) - 1) * 5 * LEASE_MS;
    const worker = {
      id: `w${workers.length}`,
      skewMs,
      pausedUntilMs: 0,
      isAlive: true,
      held: undefined,
      renewedAtMs: nowMs,
    };
    workers.push(worker);
    leases.set(worker.id, { beginMs: nowMs, endMs: nowMs + LEASE_MS, leaseMs: LEASE_MS });
  };
  for (let count = 0; count < WORKERS; count++) addWorker();

  const isOwnerAlive = ({ ownerId }: PartitionState, clockMs: number) => {
    const lease = ownerId === undefined ? undefined : leases.get(ownerId);
    return lease !== undefined && !isLeaseOver(lease, clockMs);
  };

  const take = (worker: Worker, partition: number) => {
    const stored = partitions[partition];
    const clockMs = fault === 'lease-on-workers-clock' ? nowMs + worker.skewMs : nowMs;
    if (offer?.token !== token) return;
    if (takingOf(stored.state, isOwnerAlive(stored.state, clockMs), ATTEMPTS_MAX) !== 'take') return;
    if (stored.state.status === 'STARTED') {
      happened('taken over');
      if (isOwnerAlive(stored.state, nowMs))
        violations.push(`${worker.id} took partition ${partition} from a live owner`);
    }
    const stepExecutionId = nextStepExecution++;
    const before = stored.state.epoch;
    stored.state = taken(stored.state, worker.id, stepExecutionId);
    if (stored.state.epoch <= before) violations.push(`the epoch of partition ${partition} did not rise`);
    const claim = { epoch: stored.state.epoch, ownerId: worker.id, stepExecutionId, token, ...PLAN };
    worker.held = { partition, claim, next: stored.chunks.length };
    happened('taken');
  };

  const commit = (worker: Worker, held: Held) => {
    const stored = partitions[held.partition];
    const right = commitRightOf(stored.state, held.claim, token, offer);
    if (right === 'wait') return happened('waited for a new run');
    if (right === 'lost' && fault !== 'no-epoch-check') {
      // It has computed, and tells so: nobody may go by that.
      if (held.next === CHUNKS - 1) send(answers, held.partition);
      happened('could not commit');
      worker.held = undefined;
      return;
    }
    if (stored.chunks.some(({ chunk }) => chunk === held.next)) {
      violations.push(`chunk ${held.next} of partition ${held.partition} was committed twice`);
    }
    const last = stored.chunks.at(-1);
    if (last !== undefined && last.epoch > held.claim.epoch)
      violations.push('a lower epoch committed after a higher one');
    stored.chunks.push({ chunk: held.next, epoch: held.claim.epoch });
    held.next++;
    if (held.next < CHUNKS) return;
    stored.state = { ...stored.state, status: 'COMPLETED' };
    send(answers, held.partition);
    worker.held = undefined;
    happened('completed');
  };

  const moveWorker = (worker: Worker) => {
    if (nowMs - worker.renewedAtMs >= LEASE_MS / 3) {
      leases.set(worker.id, { beginMs: nowMs, endMs: nowMs + LEASE_MS, leaseMs: LEASE_MS });
      worker.renewedAtMs = nowMs;
    }
    const { held } = worker;
    if (held !== undefined) {
      const { state } = partitions[held.partition];
      const mayEnd = commitRightOf(state, held.claim, token, offer) === 'commit';
      if (!mayEnd || !chance(0.03)) return commit(worker, held);
      partitions[held.partition].state = givenUp(state, chance(0.5) ? 'failed' : 'stopped');
      worker.held = undefined;
      return happened('given up');
    }
    // The bell, or without it a look at the database.
    take(worker, bell.shift() ?? below(PARTITIONS));
  };

  const isEnded = () =>
    fault === 'completion-by-message'
      ? answered.size === PARTITIONS
      : stepEndOf(
          partitions.map(({ state }) => state),
          ATTEMPTS_MAX,
        ) === 'complete';

  const moveManager = () => {
    for (const partition of answers.splice(0)) answered.add(partition);
    for (const [partition, { state }] of partitions.entries()) {
      if (state.status !== 'COMPLETED' && !isOwnerAlive(state, nowMs) && chance(0.3)) send(bell, partition);
    }
    if (chance(0.05)) {
      const stored = partitions[below(PARTITIONS)];
      if (stored.state.status === 'STARTED') {
        stored.state = revoked(stored.state, 'STOPPED');
        happened('revoked');
      }
    }
    if (!chance(0.03)) return;
    // The manager is dead: another takes the fence, and puts the step up again a while later.
    token++;
    happened('manager replaced');
  };

  let end = 0;
  for (let move = 0; move < MOVES_MAX && end === 0; move++) {
    nowMs += below(40);
    if (chance(0.02)) bell.length = 0;
    if (offer.token !== token && chance(0.3)) offer = { ...PLAN, token };
    if (chance(0.15)) moveManager();
    if (isEnded()) end = move;
    const awake = workers.filter((worker) => worker.isAlive && worker.pausedUntilMs <= nowMs);
    if (awake.length === 0) continue;
    const worker = awake[below(awake.length)];
    if (chance(0.04)) {
      worker.pausedUntilMs = nowMs + below(6 * LEASE_MS);
      happened('paused');
    } else if (chance(0.004)) {
      worker.isAlive = false;
      happened('killed');
      addWorker();
    } else moveWorker(worker);
  }
  if (end === 0) violations.push('the step never came to an end');
  for (const [partition, { chunks }] of partitions.entries()) {
    if (chunks.map(({ chunk }) => chunk).join() !== '0,1,2,3') {
      violations.push(`partition ${partition} ended with the chunks ${chunks.map(({ chunk }) => chunk).join()}`);
    }
  }
  return { violations, events };
}

/** mulberry32. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}
