/** Statements of a lane: what it has to deliver, and how far it is. */
import { bulkInsert } from '../../../database/bulk-insert.ts';
import type { Database, Executor, Transaction } from '../../../database/database.ts';
import { instantText, parseInstant } from '../../../database/instant.ts';
import { type Row, type SqlValue, toBigInt, toNumber } from '../../../database/values.ts';
import type { Message } from '../rules/message.ts';

/** As many as migration 0803 makes. */
export const LANES = 8;
/** Messages a request. */
export const BATCH = 500;
const IDS_A_STATEMENT = 500;

/** A message behind the lane's cursor that is not delivered. */
export interface Held {
  readonly id: bigint;
  readonly topic: string;
  readonly key: string;
  /** Failures since it was posted or replayed. */
  readonly tries: number;
  /** Tries of all time. */
  readonly attempts: number;
  /** Milliseconds since 1970 on the database's clock; undefined: as soon as it is the first of its key. */
  readonly nextAttemptMs: number | undefined;
  readonly state: 'waiting' | 'dead';
  readonly answer: string;
  /** Which sinks of its topic have it, by bits. */
  readonly takenBy: number;
}

export interface Attempt {
  readonly id: bigint;
  readonly attempt: number;
  /**
   * `unknown`: its relay ended while it was on its way, so that it may come twice. `partial`: some of its sinks took it, the
   * others were not available.
   */
  readonly outcome: 'sent' | 'partial' | 'failed' | 'dead' | 'unknown';
  readonly answer: string;
}

/** What an owner has on its way. */
export interface InFlight {
  /** New rows up to this id. */
  readonly upTo: bigint;
  /** Rows that were held until now. */
  readonly held: readonly bigint[];
}

export interface LaneProgress {
  readonly lane: number;
  readonly epoch: number;
  readonly lastId: bigint;
  readonly attempts: readonly Attempt[];
  /** Made or changed. */
  readonly held: readonly Held[];
  /** Held until now, and delivered. */
  readonly delivered: readonly bigint[];
  /** What is sent next; undefined: nothing is. */
  readonly inFlight: InFlight | undefined;
}

/** SQL: the lane of a row. A key's lane never changes, as long as the expression does not. */
export function laneOf({ dialect }: Database, table: string): string {
  return `(${dialect.rowDigest([`${table}.${dialect.quoteIdentifier('key')}`])} % ${LANES})`;
}

/** How far the lane is, and what its last owner left on its way. */
export async function readLane(executor: Executor, lane: number): Promise<{ lastId: bigint; inFlight?: InFlight }> {
  const row: Row = await executor('settle_outbox_lane').where({ lane }).first('last_id', 'in_flight');
  const lastId = toBigInt(row.last_id);
  if (row.in_flight === null) return { lastId };
  const { upTo, held } = JSON.parse(String(row.in_flight));
  return { lastId, inFlight: { upTo: BigInt(upTo), held: held.map(BigInt) } };
}

/** Within the lane's claim. */
export async function markInFlight(tx: Transaction, lane: number, inFlight: InFlight | undefined): Promise<void> {
  await tx('settle_outbox_lane')
    .where({ lane })
    .update({ in_flight: inFlightText(inFlight) });
}

/** The highest number of an attempt, by row. */
export async function readAttempts(executor: Executor, ids: readonly bigint[]): Promise<Map<bigint, number>> {
  const found = new Map<bigint, number>();
  for (let at = 0; at < ids.length; at += IDS_A_STATEMENT) {
    const rows: Row[] = await executor('settle_outbox_attempt')
      .whereIn('outbox_id', ids.slice(at, at + IDS_A_STATEMENT).map(String))
      .groupBy('outbox_id')
      .select('outbox_id')
      .max({ last: 'attempt' });
    for (const row of rows) found.set(toBigInt(row.outbox_id), toNumber(row.last));
  }
  return found;
}

/** The highest id there is: whatever is below is committed. */
export async function readMaxId(executor: Executor): Promise<bigint> {
  const row = await executor('settle_outbox').max({ max: 'id' }).first();
  return row?.max === null || row?.max === undefined ? 0n : toBigInt(row.max);
}

/** By ascending id. */
export async function readNew(
  database: Database,
  lane: number,
  { after, upTo, limit }: { after: bigint; upTo: bigint; limit: number },
): Promise<Message[]> {
  const rows: Row[] = await database
    .knex('settle_outbox')
    .where('id', '>', after.toString())
    .where('id', '<=', upTo.toString())
    .whereRaw(`${laneOf(database, 'settle_outbox')} = ${lane}`)
    .orderBy('id')
    .limit(limit)
    .select('id', 'topic', 'key', 'payload', 'created_at');
  return rows.map(messageOf);
}

export async function readMessages(executor: Executor, ids: readonly bigint[]): Promise<Message[]> {
  const messages: Message[] = [];
  for (let at = 0; at < ids.length; at += IDS_A_STATEMENT) {
    const some = ids.slice(at, at + IDS_A_STATEMENT).map(String);
    messages.push(...((await executor('settle_outbox').whereIn('id', some).orderBy('id')) as Row[]).map(messageOf));
  }
  return messages;
}

export function messageOf(row: Row): Message {
  return {
    id: toBigInt(row.id),
    topic: String(row.topic),
    key: String(row.key),
    payload: String(row.payload),
    createdAt: new Date(parseInstant(String(row.created_at))).toISOString(),
  };
}

/** Those that wait, by ascending id. */
export async function readHeld(executor: Executor, lane: number): Promise<Held[]> {
  const rows: Row[] = await executor('settle_outbox_held').where({ lane, state: 'waiting' }).orderBy('id');
  return rows.map(heldOf);
}

export function heldOf(row: Row): Held {
  return {
    id: toBigInt(row.id),
    topic: String(row.topic),
    key: String(row.key),
    tries: toNumber(row.tries),
    attempts: toNumber(row.attempts),
    nextAttemptMs: row.next_attempt_at === null ? undefined : parseInstant(String(row.next_attempt_at)),
    state: row.state === 'dead' ? 'dead' : 'waiting',
    answer: String(row.answer),
    takenBy: toNumber(row.taken_by),
  };
}

/** Within the lane's claim. */
export async function saveProgress(database: Database, tx: Transaction, progress: LaneProgress): Promise<void> {
  const { lane, epoch, lastId, attempts, held, delivered, inFlight } = progress;
  const now = await database.dialect.now(tx);
  await bulkInsert(
    tx,
    database.dialect,
    {
      table: 'settle_outbox_attempt',
      columns: ['outbox_id', 'attempt', 'epoch', 'attempted_at', 'outcome', 'answer'],
    },
    attempts.map(({ id, attempt, outcome, answer }) => [id, attempt, epoch, now, outcome, cut(answer)]),
  );
  await bulkInsert(
    tx,
    database.dialect,
    {
      table: 'settle_outbox_held',
      columns: ['id', 'lane', 'state', 'topic', 'key', 'tries', 'attempts', 'next_attempt_at', 'answer', 'taken_by'],
      mode: 'replace-values',
      keys: ['id'],
    },
    held.map((one): SqlValue[] => [
      one.id,
      lane,
      one.state,
      one.topic,
      one.key,
      one.tries,
      one.attempts,
      one.nextAttemptMs === undefined ? null : `${instantText(Math.ceil(one.nextAttemptMs))}000`,
      cut(one.answer),
      one.takenBy,
    ]),
  );
  for (let at = 0; at < delivered.length; at += IDS_A_STATEMENT) {
    const some = delivered.slice(at, at + IDS_A_STATEMENT).map(String);
    await tx('settle_outbox_held').whereIn('id', some).delete();
  }
  await tx('settle_outbox_lane')
    .where({ lane })
    .update({ last_id: lastId.toString(), in_flight: inFlightText(inFlight) });
}

function inFlightText(inFlight: InFlight | undefined): string | null {
  return inFlight === undefined ? null : JSON.stringify({ upTo: `${inFlight.upTo}`, held: inFlight.held.map(String) });
}

function cut(text: string): string {
  return [...text.slice(0, 500)].slice(0, 499).join('');
}
