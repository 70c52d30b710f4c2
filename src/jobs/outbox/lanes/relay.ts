/**
 * The relay: takes lanes of the outbox and delivers them. Any number of processes share the lanes: each names itself by a
 * claim of its own, and owns about as many as the others.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../../database/database.ts';
import { toSettleError } from '../../../database/errors.ts';
import {
  type Claim,
  type ClaimOwner,
  claimOwner,
  isHeld,
  listClaims,
  releaseClaim,
  renewClaims,
  takeClaim,
} from '../../../engine/claim.ts';
import { isOwnershipLost } from '../../../engine/fence.ts';
import { deleteClaims } from '../../../repository/claim.ts';
import type { Sinks } from '../sinks/open-sinks.ts';
import { SEND_MS_MAX } from '../sinks/sink.ts';
import { LANES } from '../store/lane-store.ts';
import { hasDue } from '../store/outbox-state.ts';
import { Lane, type LaneCounts, type Turn } from './lane.ts';
import { Turns } from './turns.ts';

export const LEASE_MS = 20_000;
const RENEW_MS = 4_000;
const BALANCE_MS = 1_000;
const ERROR_WAIT_MS = 1_000;
const PREFIX = 'outbox/';
const laneName = (lane: number) => `${PREFIX}lane/${lane}`;

export interface RelayOptions {
  readonly database: Database;
  readonly sinks: Sinks;
  /** Ends when nothing is due. */
  readonly once: boolean;
  readonly signal: AbortSignal;
  /** Of the jitter. Default: `Math.random`. */
  readonly random?: () => number;
  /** What went wrong and is tried again. */
  readonly onProblem: (text: string, lane: number) => void;
  readonly onProgress?: (counts: Readonly<LaneCounts>) => void;
}

export interface RelayResult extends LaneCounts {
  /** Why receivers were not available at the end; undefined when they were. */
  readonly unavailable: string | undefined;
}

export async function relay(options: RelayOptions): Promise<RelayResult> {
  return await new Relay(options).run();
}

class Relay {
  private readonly options: RelayOptions;
  private readonly owner: ClaimOwner = claimOwner();
  private readonly counts: LaneCounts = { sent: 0, failed: 0, dead: 0 };
  private readonly unavailable = new Map<number, string>();
  private readonly claims = new Map<number, Claim>();
  private readonly turns = new Turns<Turn>();
  /** Lanes to give away after their step. */
  private readonly surplus = new Set<number>();
  private heldUntilMs = 0;
  private isOver = false;

  constructor(options: RelayOptions) {
    this.options = options;
  }

  private get presence(): string {
    return `${PREFIX}relay/${this.owner.ownerId}`;
  }

  async run(): Promise<RelayResult> {
    const { database, once, signal } = this.options;
    this.heldUntilMs = performance.now() + LEASE_MS;
    await takeClaim(database, this.presence, this.owner, LEASE_MS);
    const renewing = this.renewForever();
    try {
      await Promise.all(
        Array.from({ length: LANES }, (_, lane) => (once ? this.drain(lane) : this.serve(lane))).concat(
          once ? [] : [this.balanceForever()],
        ),
      );
    } finally {
      this.isOver = true;
      await renewing;
      await deleteClaims(database.knex, [this.presence], this.owner.ownerId);
    }
    if (signal.aborted) this.unavailable.clear();
    return { ...this.counts, unavailable: [...this.unavailable.values()][0] };
  }

  /** Until nothing of the lane is due; where another process has it, until nothing is due or it is ours. */
  private async drain(lane: number): Promise<void> {
    const { database, signal } = this.options;
    while (!signal.aborted) {
      if (!(await hasDue(database, lane))) return;
      if (await this.take(lane)) {
        const isDone = await this.work(lane, true);
        if (isDone) return;
      } else await this.pause(200);
    }
  }

  private async serve(lane: number): Promise<void> {
    const { signal } = this.options;
    while (!signal.aborted) {
      // Who balances takes lanes.
      if (this.claims.has(lane)) await this.work(lane, false);
      else await this.pause(100);
    }
  }

  private async take(lane: number): Promise<boolean> {
    const begunMs = performance.now();
    const claim = await takeClaim(this.options.database, laneName(lane), this.owner, LEASE_MS);
    if (claim === undefined) return false;
    // Renewed with the others, and not held for longer than it was given for.
    this.heldUntilMs = Math.min(this.heldUntilMs, begunMs + LEASE_MS);
    this.claims.set(lane, claim);
    return true;
  }

  /** Steps of a lane while it is ours. Returns whether it has nothing more to do. */
  private async work(lane: number, untilIdle: boolean): Promise<boolean> {
    const { database, sinks, signal, onProblem, onProgress, random } = this.options;
    const claim = this.claims.get(lane)!;
    const mayBegin = () => this.claims.get(lane) === claim && performance.now() + SEND_MS_MAX < this.heldUntilMs;
    const onRepeats = (ids: readonly bigint[]) =>
      onProblem(
        `a relay ended on its way: ${ids.length} messages may come twice, rows ${ids[0]} to ${ids.at(-1)}`,
        lane,
      );
    const worker = new Lane({ database, lane, claim, sinks, mayBegin, turns: this.turns, random, onRepeats });
    let isIdle = false;
    try {
      while (!signal.aborted && this.claims.get(lane) === claim && !this.surplus.has(lane)) {
        const step = await worker.step();
        this.counts.sent += step.sent;
        this.counts.failed += step.failed;
        this.counts.dead += step.dead;
        if (step.unavailable === undefined) this.unavailable.delete(lane);
        else {
          if (this.unavailable.get(lane) !== step.unavailable) onProblem(step.unavailable, lane);
          this.unavailable.set(lane, step.unavailable);
        }
        onProgress?.(this.counts);
        isIdle = step.isIdle;
        if (isIdle && untilIdle) break;
        if (step.waitMs > 0) await this.pause(step.waitMs);
      }
    } catch (error) {
      if (isOwnershipLost(error)) onProblem('another process has taken the lane over', lane);
      else {
        const { message } = toSettleError(error, database.displayUrl);
        if (untilIdle) throw error;
        onProblem(message, lane);
        await this.pause(ERROR_WAIT_MS);
      }
    } finally {
      if (this.claims.get(lane) === claim)
        await worker.end().catch(() => {
          // The next owner takes it for something that may come twice.
        });
      this.claims.delete(lane);
      this.surplus.delete(lane);
      await releaseClaim(database.knex, claim.name, claim.epoch).catch(() => {
        // It ends with its lease.
      });
    }
    return isIdle;
  }

  private async renewForever(): Promise<void> {
    while (!this.isOver) {
      for (let waited = 0; waited < RENEW_MS && !this.isOver; waited += 50) await sleep(50);
      if (this.isOver) return;
      const begunMs = performance.now();
      try {
        const epochs = await renewClaims(this.options.database, this.owner.ownerId, LEASE_MS);
        this.heldUntilMs = begunMs + LEASE_MS;
        for (const [lane, claim] of this.claims) {
          if (epochs.get(claim.name) !== claim.epoch) this.claims.delete(lane);
        }
      } catch (error) {
        this.options.onProblem(`the lease could not be renewed: ${toSettleError(error).message}`, -1);
      }
    }
  }

  private async balanceForever(): Promise<void> {
    const { database, signal, onProblem } = this.options;
    while (!signal.aborted) {
      try {
        await this.balance();
      } catch (error) {
        onProblem(toSettleError(error, database.displayUrl).message, -1);
      }
      await this.pause(BALANCE_MS);
    }
  }

  private async balance(): Promise<void> {
    const { database } = this.options;
    const all = await listClaims(database, database.knex, PREFIX);
    const relays = all.filter(({ name }) => name.startsWith(`${PREFIX}relay/`));
    // A process that was paused finds itself expired until it renews: it counts itself.
    const live = relays.filter((one) => one.name === this.presence || isHeld(one));
    const gone = relays.filter((one) => !live.includes(one)).map(({ name }) => name);
    await deleteClaims(database.knex, gone);
    const share = Math.ceil(LANES / Math.max(1, live.length));
    const taken = new Set(all.filter(isHeld).map(({ name }) => name));
    for (let lane = 0; lane < LANES && this.claims.size < share; lane++) {
      if (!taken.has(laneName(lane)) && !this.claims.has(lane)) await this.take(lane);
    }
    for (const lane of [...this.claims.keys()].slice(share)) this.surplus.add(lane);
  }

  private async pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.options.signal }).catch(() => {
      // Asked to stop.
    });
  }
}
