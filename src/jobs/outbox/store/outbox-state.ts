/** Where the deliveries are: for `settle outbox`, the check of `settle doctor`, and replays. */
import type { Database, Executor } from '../../../database/database.ts';
import { instantText, parseInstant } from '../../../database/instant.ts';
import { type Row, toBigInt, toNumber } from '../../../database/values.ts';
import { isHeld, listClaims } from '../../../engine/claim.ts';
import { usageError } from '../../../errors.ts';
import type { Message } from '../rules/message.ts';
import { BATCH, type Held, heldOf, LANES, laneOf, messageOf, readMessages } from './lane-store.ts';

/** Rows a transaction of a purge or a replay. */
const ROWS_A_TRANSACTION = 1_000;
const RATE_SECONDS = 60;

export interface OutboxState {
  /** Not delivered and not dead, all together. */
  readonly waiting: number;
  /** Of the waiting: failed, and tried again later. */
  readonly retrying: number;
  /** Of the waiting: behind one of their key that failed. */
  readonly heldBack: number;
  /** Lanes that a live relay works on. */
  readonly lanesTaken: number;
  readonly relays: number;
  /** Of the waiting, at most so many are on their way now. */
  readonly inFlight: number;
  readonly dead: number;
  /** Of the oldest waiting message. */
  readonly oldestId: bigint | null;
  readonly oldestAgeSeconds: number | null;
  /** Deliveries a second over the last minute. */
  readonly ratePerSecond: number;
}

export async function readOutboxState(database: Database): Promise<OutboxState> {
  const { knex, dialect } = database;
  const nowText = await dialect.now(knex);
  const now = parseInstant(nowText);
  let waiting = 0;
  let inFlight = 0;
  const claims = await listClaims(database, knex, 'outbox/');
  const taken = claims.filter((one) => isHeld(one));
  let oldestId: bigint | undefined;
  const lanes: Row[] = await knex('settle_outbox_lane').select('lane', 'last_id', 'in_flight');
  const heldByLane: Row[] = await knex('settle_outbox_held')
    .where({ state: 'waiting' })
    .groupBy('lane')
    .select('lane')
    .count({ rows: '*' })
    .min({ oldest: 'id' });
  for (const { lane, last_id, in_flight } of lanes) {
    const row: Row | undefined = await knex('settle_outbox')
      .where('id', '>', String(last_id))
      .whereRaw(`${laneOf(database, 'settle_outbox')} = ${toNumber(lane)}`)
      .count({ rows: '*' })
      .min({ oldest: 'id' })
      .first();
    const held = heldByLane.find((one) => toNumber(one.lane) === toNumber(lane));
    const rows = toNumber(row?.rows) + toNumber(held?.rows ?? 0);
    waiting += rows;
    const isTaken = taken.some(({ name }) => name === `outbox/lane/${lane}`);
    if (isTaken && in_flight !== null) inFlight += Math.min(rows, BATCH);
    for (const oldest of [row?.oldest, held?.oldest]) {
      if (oldest === null || oldest === undefined) continue;
      const id = toBigInt(oldest);
      if (oldestId === undefined || id < oldestId) oldestId = id;
    }
  }
  const count = async (query: ReturnType<Executor>) => toNumber((await query.count({ rows: '*' }).first())?.rows);
  const sent = await count(
    knex('settle_outbox_attempt')
      .where('attempted_at', '>=', instantText(now - RATE_SECONDS * 1000))
      .where({ outcome: 'sent' }),
  );
  const oldest = oldestId === undefined ? [] : await readMessages(knex, [oldestId]);
  const oldestMs = oldest.length === 0 ? undefined : Date.parse(oldest[0].createdAt);
  return {
    waiting,
    inFlight,
    retrying: await count(knex('settle_outbox_held').where({ state: 'waiting' }).where('tries', '>', 0)),
    heldBack: await count(knex('settle_outbox_held').where({ state: 'waiting', tries: 0 })),
    lanesTaken: taken.filter(({ name }) => name.startsWith('outbox/lane/')).length,
    relays: taken.filter(({ name }) => name.startsWith('outbox/relay/')).length,
    dead: await count(knex('settle_outbox_held').where({ state: 'dead' })),
    oldestId: oldestId ?? null,
    oldestAgeSeconds: oldestMs === undefined ? null : Math.max(0, Math.round((now - oldestMs) / 1000)),
    ratePerSecond: Math.round((sent / RATE_SECONDS) * 10) / 10,
  };
}

/** Whether a lane could deliver something now. */
export async function hasDue(database: Database, lane: number): Promise<boolean> {
  const { knex, dialect } = database;
  const { last_id } = await knex('settle_outbox_lane').where({ lane }).first('last_id');
  const fresh = await knex('settle_outbox')
    .where('id', '>', String(last_id))
    .whereRaw(`${laneOf(database, 'settle_outbox')} = ${lane}`)
    .first('id');
  if (fresh !== undefined) return true;
  const now = parseInstant(await dialect.now(knex));
  const held: Row[] = await knex('settle_outbox_held').where({ lane, state: 'waiting' }).orderBy('id');
  const seen = new Set<string>();
  return held.map(heldOf).some(({ key, nextAttemptMs = 0 }) => {
    if (seen.has(key)) return false;
    seen.add(key);
    return nextAttemptMs <= now;
  });
}

export type DeadLetter = Message & Pick<Held, 'attempts' | 'answer'>;

export async function listDead(executor: Executor, topic: string | undefined, limit: number): Promise<DeadLetter[]> {
  const query = executor('settle_outbox_held').where({ state: 'dead' }).orderBy('id').limit(limit);
  if (topic !== undefined) query.where({ topic });
  const held = ((await query) as Row[]).map(heldOf);
  const messages = await readMessages(
    executor,
    held.map(({ id }) => id),
  );
  const byId = new Map(messages.map((one) => [one.id, one]));
  return held.flatMap(({ id, attempts, answer }) => {
    const message = byId.get(id);
    return message === undefined ? [] : [{ ...message, attempts, answer }];
  });
}

export interface MessageHistory extends Message {
  readonly state: 'waiting' | 'failed' | 'sent' | 'dead';
  readonly nextAttemptAt: string | null;
  readonly attempts: readonly { attempt: number; at: string; outcome: string; answer: string }[];
}

/** @throws SettleError (exit 2) when there is no such row */
export async function readHistory(database: Database, id: bigint): Promise<MessageHistory> {
  const { knex } = database;
  const row: Row | undefined = await knex('settle_outbox').where({ id: id.toString() }).first();
  if (row === undefined)
    throw usageError(`the outbox has no row ${id}`, 'delivered rows are removed by `settle outbox purge --days 30`');
  const heldRow: Row | undefined = await knex('settle_outbox_held').where({ id: id.toString() }).first();
  const held = heldRow === undefined ? undefined : heldOf(heldRow);
  const rows: Row[] = await knex('settle_outbox_attempt').where({ outbox_id: id.toString() }).orderBy('attempt');
  const attempts = rows.map((one) => ({
    attempt: toNumber(one.attempt),
    at: new Date(parseInstant(String(one.attempted_at))).toISOString(),
    outcome: String(one.outcome),
    answer: String(one.answer),
  }));
  const isSent = attempts.at(-1)?.outcome === 'sent';
  const state =
    held === undefined
      ? isSent
        ? 'sent'
        : 'waiting'
      : held.state === 'dead'
        ? 'dead'
        : held.tries > 0
          ? 'failed'
          : 'waiting';
  const nextAttemptAt = held?.nextAttemptMs === undefined ? null : new Date(held.nextAttemptMs).toISOString();
  return { ...messageOf(row), state, nextAttemptAt, attempts };
}

/**
 * Dead letters wait again, due at once, with as many tries as a new message has. Returns how many.
 * @throws SettleError (exit 2) for an id that is no dead letter
 */
export async function replayDead(database: Database, which: { id: bigint } | { topic: string }): Promise<number> {
  const changes = { state: 'waiting', tries: 0, next_attempt_at: null };
  const { knex } = database;
  if ('id' in which) {
    const id = which.id.toString();
    const changed = await knex('settle_outbox_held').where({ id, state: 'dead' }).update(changes);
    if (changed === 0) throw usageError(`row ${id} is no dead letter`, '`settle outbox dead` lists them');
    return changed;
  }
  let total = 0;
  for (;;) {
    const ids = await knex('settle_outbox_held')
      .where({ state: 'dead', topic: which.topic })
      .orderBy('id')
      .limit(ROWS_A_TRANSACTION)
      .pluck('id');
    if (ids.length === 0) return total;
    total += await knex('settle_outbox_held').whereIn('id', ids).where({ state: 'dead' }).update(changes);
  }
}

/** Removes delivered rows that were posted before, with their attempts, in transactions of bounded size. */
export async function purgeDelivered(database: Database, before: Date, dryRun: boolean): Promise<number> {
  const { knex } = database;
  let total = 0;
  for (let lane = 0; lane < LANES; lane++) {
    let after = '0';
    for (;;) {
      const { last_id } = await knex('settle_outbox_lane').where({ lane }).first('last_id');
      const ids: unknown[] = await knex('settle_outbox')
        .where('id', '>', after)
        .where('id', '<=', String(last_id))
        .where('created_at', '<', instantText(before.getTime()))
        .whereRaw(`${laneOf(database, 'settle_outbox')} = ${lane}`)
        .whereNotExists(knex('settle_outbox_held').select('id').whereRaw('settle_outbox_held.id = settle_outbox.id'))
        .orderBy('id')
        .limit(ROWS_A_TRANSACTION)
        .pluck('id');
      total += ids.length;
      if (ids.length > 0 && !dryRun) {
        const texts = ids.map(String);
        await database.transaction(async (tx) => {
          await tx('settle_outbox_attempt').whereIn('outbox_id', texts).delete();
          await tx('settle_outbox').whereIn('id', texts).delete();
        });
      }
      if (ids.length < ROWS_A_TRANSACTION) break;
      after = String(ids[ids.length - 1]);
    }
  }
  return total;
}
