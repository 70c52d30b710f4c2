/**
 * One lane: the messages of the keys that hash to it, in order for each key. It is owned by one process at a time; what
 * it has done is written in one transaction that checks the claim's epoch. What it sends is marked before. A kill between
 * a delivery and its transaction delivers a batch twice; by the mark the next owner names it. The lanes of a process take
 * turns, each from its mark to its transaction, so that one batch is on its way at a time.
 */
import type { Database } from '../../../database/database.ts';
import { parseInstant } from '../../../database/instant.ts';
import { type Claim, claimedTransaction } from '../../../engine/claim.ts';
import { ownershipLost } from '../../../engine/fence.ts';
import { backOffMs } from '../rules/back-off.ts';
import type { Fate } from '../rules/deliver.ts';
import { deliverToEach, type Outcome, type Pause } from '../rules/fan-out.ts';
import type { Message } from '../rules/message.ts';
import type { Sinks } from '../sinks/open-sinks.ts';
import type { Sink } from '../sinks/sink.ts';
import {
  type Attempt,
  BATCH,
  type Held,
  type InFlight,
  markInFlight,
  readAttempts,
  readHeld,
  readLane,
  readMaxId,
  readMessages,
  readNew,
  saveProgress,
} from '../store/lane-store.ts';
import type { Turns } from './turns.ts';

const BATCH_BYTES_MAX = 1_000_000;
/** With so many held, a lane reads no new ones: they would all be kept in memory. */
const HELD_MAX = 20_000;
/** Others may replay a dead letter. */
const RELOAD_MS = 1_000;

/** Between two looks of a lane that has nothing to do. */
const IDLE_MS = 500;

export interface LaneCounts {
  sent: number;
  failed: number;
  dead: number;
}

/** A lane that waits for its turn to send, or has it. */
export interface Turn {
  readonly lane: number;
  readonly claim: Claim;
  readonly mark: InFlight;
  /** Its mark is written. */
  isMarked: boolean;
}

export interface LaneOptions {
  readonly database: Database;
  readonly lane: number;
  readonly claim: Claim;
  readonly sinks: Sinks;
  /** Whether the lease outlasts a send that begins now. */
  readonly mayBegin: () => boolean;
  /** Those of all lanes of the process. */
  readonly turns: Turns<Turn>;
  /** Of the jitter. Default: `Math.random`. */
  readonly random?: () => number;
  /** What the owner before had on its way: it may come twice. */
  readonly onRepeats?: (ids: readonly bigint[]) => void;
}

/** What a step did, and in how many milliseconds it is worth another; 0: at once. */
export interface LaneStep extends LaneCounts {
  readonly waitMs: number;
  /** Nothing can be done now. */
  readonly isIdle: boolean;
  /** Why a receiver is not available. */
  readonly unavailable?: string;
}

/** What there is to send. */
interface Batch {
  readonly fresh: readonly Message[];
  /** Where the lane is when all of `fresh` is settled. */
  readonly end: bigint;
  readonly isAllRead: boolean;
  /** What is to be sent: those that were held first. */
  readonly messages: readonly Message[];
}

interface Tried extends Batch {
  readonly outcomes: ReadonlyMap<bigint, Outcome>;
  readonly pauses: readonly Pause[];
}

export class Lane {
  private readonly options: LaneOptions;
  private lastId = -1n;
  private held = new Map<string, Held[]>();
  private heldCount = 0;
  private loadedMs = Number.NEGATIVE_INFINITY;
  /** Of the database's clock before this process's own. */
  private clockAheadMs = 0;
  private isMarked = false;
  /** Something was sent, and what became of it is not written yet. */
  private isSending = false;
  /** Attempts of what the owner before had on its way. */
  private readonly tried = new Map<bigint, number>();

  constructor(options: LaneOptions) {
    this.options = options;
  }

  async step(): Promise<LaneStep> {
    await this.reload();
    const batch = await this.readBatch(this.lastId, this.dueHeads());
    // Read before its turn: meanwhile another lane sends.
    return batch.messages.length === 0
      ? await this.save({ ...batch, outcomes: new Map(), pauses: [] })
      : await this.takeTurn(batch);
  }

  private async takeTurn(batch: Batch): Promise<LaneStep> {
    const { lane, claim, turns } = this.options;
    const turn: Turn = { lane, claim, mark: this.markOf(batch), isMarked: false };
    return await turns.take(turn, () => this.sendBatch(batch, turn));
  }

  private async sendBatch(batch: Batch, { mark, isMarked }: Turn): Promise<LaneStep> {
    const { database, lane, claim, sinks } = this.options;
    this.isMarked = true;
    if (!isMarked) await claimedTransaction(database, claim, (tx) => markInFlight(tx, lane, mark));
    const outcomes = new Map<bigint, Outcome>();
    const pauses: Pause[] = [];
    const before = this.heldById();
    for (const [to, some] of Map.groupBy(batch.messages, ({ topic }) => sinks.of(topic))) {
      if (to === undefined) {
        pauses.push({ ms: 60_000, text: `no sink takes the topic ${some[0].topic}` });
        continue;
      }
      const targets = to.map((sink) => ({
        name: sink.name,
        send: (part: readonly Message[]) => this.send(sink, part),
      }));
      const found = await deliverToEach(some, targets, ({ id }) => before.get(id)?.takenBy ?? 0);
      some.forEach(({ id }, at) => {
        outcomes.set(id, found.outcomes[at]);
      });
      pauses.push(...found.pauses);
    }
    const step = await this.save({ ...batch, outcomes, pauses });
    this.isSending = false;
    return step;
  }

  /** Nothing is on its way any more: the lane is given away. */
  async end(): Promise<void> {
    const { database, lane, claim } = this.options;
    if (!this.isMarked || this.isSending) return;
    await claimedTransaction(database, claim, (tx) => markInFlight(tx, lane, undefined));
  }

  private async readBatch(after: bigint, due: readonly Held[]): Promise<Batch> {
    const { database, lane } = this.options;
    const maxId = await readMaxId(database.knex);
    const room = Math.max(BATCH - due.length, due.length > 0 ? BATCH / 2 : 0);
    const mayRead = this.heldCount < HELD_MAX && maxId > after;
    const fresh = mayRead
      ? withinBytes(await readNew(database, lane, { after, upTo: maxId, limit: room }), room)
      : { messages: [], isAll: true };
    const dueIds = due.map(({ id }) => id);
    const old = due.length === 0 ? [] : await readMessages(database.knex, dueIds);
    const end = fresh.isAll && mayRead ? maxId : (fresh.messages.at(-1)?.id ?? after);
    const messages = [...old, ...fresh.messages.filter(({ key }) => !this.held.has(key))];
    return { fresh: fresh.messages, end, isAllRead: !mayRead || fresh.isAll, messages };
  }

  private markOf({ end, messages }: Batch): InFlight {
    return { upTo: end, held: messages.filter(({ id }) => id <= this.lastId).map(({ id }) => id) };
  }

  private send(sink: Sink, messages: readonly Message[]) {
    // A send under way when the lease ends could meet one of the next owner.
    if (!this.options.mayBegin()) throw ownershipLost();
    this.isSending = true;
    return sink.send(messages);
  }

  private async save({ fresh, end, isAllRead, messages, outcomes, pauses }: Tried): Promise<LaneStep> {
    const { database, lane, claim } = this.options;
    const counts: LaneCounts = { sent: 0, failed: 0, dead: 0 };
    const attempts: Attempt[] = [];
    const changed: Held[] = [];
    const delivered: bigint[] = [];
    const before = this.heldById();
    // Beyond the last new message that was tried, new ones are left where they are.
    const isNoted = ({ id }: Message) => isTried(outcomes.get(id)?.fate) || outcomes.get(id)?.takenBy;
    const lastTried = fresh.findLastIndex(isNoted);
    const isStuck = fresh.some((message) => !this.held.has(message.key) && !isNoted(message));
    const taken = isStuck ? fresh.slice(0, lastTried + 1) : fresh;
    const lastId = isStuck ? (taken.at(-1)?.id ?? this.lastId) : end;
    const now = this.nowMs();
    for (const message of [...messages.filter(({ id }) => before.has(id)), ...taken]) {
      const { id, topic, key } = message;
      const was = before.get(id);
      const { fate, takenBy = was?.takenBy ?? 0 }: Partial<Outcome> = outcomes.get(id) ?? {};
      const base = {
        id,
        topic,
        key,
        tries: was?.tries ?? 0,
        attempts: Math.max(was?.attempts ?? 0, this.tried.get(id) ?? 0),
        takenBy,
      };
      const attempt = base.attempts + 1;
      if (!isTried(fate) || fate.kind === 'held') {
        // Of a key that is held, or of a receiver that is away while another one was not.
        const waiting = { ...base, nextAttemptMs: undefined, state: 'waiting' as const, answer: was?.answer ?? '' };
        if (takenBy !== (was?.takenBy ?? 0)) {
          attempts.push({ id, attempt, outcome: 'partial', answer: 'not all of its receivers were available' });
          changed.push({ ...waiting, attempts: attempt });
        } else if (was === undefined) changed.push(waiting);
        continue;
      }
      if (fate.kind === 'sent') {
        attempts.push({ id, attempt, outcome: 'sent', answer: fate.text });
        if (was !== undefined) delivered.push(id);
        counts.sent++;
        continue;
      }
      const tries = base.tries + 1;
      const waitMs = fate.kind === 'never' ? undefined : backOffMs(tries, fate.retryAfterMs, this.options.random);
      const state = waitMs === undefined ? 'dead' : 'waiting';
      const outcome = waitMs === undefined ? 'dead' : 'failed';
      counts[outcome]++;
      attempts.push({ id, attempt, outcome, answer: fate.text });
      const nextAttemptMs = waitMs === undefined ? undefined : now + waitMs;
      changed.push({ ...base, tries, attempts: attempt, nextAttemptMs, state, answer: fate.text });
    }
    if (lastId !== this.lastId || attempts.length > 0 || changed.length > 0) {
      const progress = { lane, epoch: claim.epoch, lastId, attempts, held: changed, delivered, inFlight: undefined };
      // Who sends next is marked by the same transaction.
      const next = this.options.turns.next;
      const isNextMarked = await claimedTransaction(
        database,
        claim,
        async (tx, holdsNext) => {
          await saveProgress(database, tx, progress);
          if (next === undefined || !holdsNext) return false;
          await markInFlight(tx, next.lane, next.mark);
          return true;
        },
        next?.claim,
      );
      if (next !== undefined) next.isMarked ||= isNextMarked;
      this.lastId = lastId;
      this.isMarked = false;
      if (changed.length > 0 || delivered.length > 0) this.loadedMs = Number.NEGATIVE_INFINITY;
    }
    const pauseMs = pauses.length === 0 ? undefined : Math.min(...pauses.map(({ ms }) => ms));
    const didSomething = counts.sent + counts.failed + counts.dead > 0;
    const isIdle = !didSomething && (pauseMs !== undefined || (messages.length === 0 && isAllRead));
    const waitMs = isIdle ? Math.min(pauseMs ?? IDLE_MS, IDLE_MS) : 0;
    return { ...counts, isIdle, waitMs, unavailable: pauses[0]?.text };
  }

  private async reload(): Promise<void> {
    const { database, lane } = this.options;
    if (performance.now() - this.loadedMs < RELOAD_MS) return;
    if (this.lastId < 0n) await this.begin();
    const held = await readHeld(database.knex, lane);
    this.held = Map.groupBy(held, ({ key }) => key);
    this.heldCount = held.length;
    this.clockAheadMs = parseInstant(await database.dialect.now(database.knex)) - performance.now();
    this.loadedMs = performance.now();
  }

  /** What the owner before had on its way gets an attempt whose end nobody knows. */
  private async begin(): Promise<void> {
    const { database, lane, claim } = this.options;
    const { lastId, inFlight } = await readLane(database.knex, lane);
    this.lastId = lastId;
    // An owner further back may have noted attempts at these, although nothing is on its way now.
    const range = { after: lastId, upTo: await readMaxId(database.knex), limit: BATCH * 2 };
    const fresh = range.upTo > lastId ? (await readNew(database, lane, range)).map(({ id }) => id) : [];
    const held = await readHeld(database.knex, lane);
    const before = await readAttempts(database.knex, [...held.map(({ id }) => id), ...fresh]);
    for (const [id, attempt] of before) this.tried.set(id, attempt);
    if (inFlight === undefined) return;
    const waiting = new Set(held.map(({ id }) => id));
    const ids = [...inFlight.held.filter((id) => waiting.has(id)), ...fresh.filter((id) => id <= inFlight.upTo)];
    const attempts = ids.map((id) => ({
      id,
      attempt: (before.get(id) ?? 0) + 1,
      outcome: 'unknown' as const,
      answer: 'its relay ended on the way: it may come twice',
    }));
    // Named once: the mark goes.
    const progress = { lane, epoch: claim.epoch, lastId, attempts, held: [], delivered: [], inFlight: undefined };
    await claimedTransaction(database, claim, (tx) => saveProgress(database, tx, progress));
    for (const { id, attempt } of attempts) this.tried.set(id, attempt);
    if (ids.length > 0) this.options.onRepeats?.(ids);
  }

  private heldById(): Map<bigint, Held> {
    return new Map([...this.held.values()].flat().map((one) => [one.id, one]));
  }

  /** The first of each key, where its time has come. */
  private dueHeads(): Held[] {
    const now = this.nowMs();
    const due: Held[] = [];
    for (const [first] of this.held.values()) {
      if ((first.nextAttemptMs ?? 0) <= now) due.push(first);
      if (due.length === BATCH) break;
    }
    return due;
  }

  private nowMs(): number {
    return performance.now() + this.clockAheadMs;
  }
}

function isTried(fate: Fate | undefined): fate is Exclude<Fate, { kind: 'untouched' }> {
  return fate !== undefined && fate.kind !== 'untouched';
}

/** Not more in one request than a receiver likes; at least one. */
function withinBytes(messages: readonly Message[], limit: number): { messages: readonly Message[]; isAll: boolean } {
  let bytes = 0;
  const end = messages.findIndex(({ payload }, at) => {
    bytes += payload.length;
    return at > 0 && bytes > BATCH_BYTES_MAX;
  });
  return end < 0 ? { messages, isAll: messages.length < limit } : { messages: messages.slice(0, end), isAll: false };
}
