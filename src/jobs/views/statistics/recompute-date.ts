/**
 * The views of a date judged anew from the source in a plain way (one scan sorted by the server, a Map of windows), which
 * shares no code with the statistics step.
 */
import type { Database } from '../../../database/database.ts';
import { instantText, parseInstant } from '../../../database/instant.ts';
import { findOddTime, oddTimeError } from '../../../database/odd-time.ts';
import { streamRows } from '../../../database/stream-rows.ts';
import { toBigInt } from '../../../database/values.ts';
import type { LogShard } from '../log/log-shard.ts';
import { withViewLog } from '../log/open-log.ts';
import type { ViewPolicy } from '../rules/verdict.ts';

export interface Sums {
  views: bigint;
  adViews: bigint;
  playSeconds: bigint;
}

/** The verdicts on rows whose time is in the date. */
export type DateVerdict = 'invalid' | 'self' | 'repeat' | 'counted';

export interface Recomputed {
  /** By video, of counted rows. */
  readonly sums: Map<bigint, Sums>;
  readonly verdicts: Record<DateVerdict, number>;
}

/** Is told of each row of the date, in order of time. */
export interface VerdictListener {
  /** From the first row on: also when what was told before does not hold. */
  begin(): void;
  take(id: bigint, verdict: DateVerdict): void;
}

/** Look-backs to try: a chain of views that is still unbroken at its start asks for the next. */
const lookbacksMs = [3_600_000, 48 * 3_600_000, Number.POSITIVE_INFINITY];

/** @throws SettleError for a log whose times cannot be compared */
export async function recomputeDate(
  database: Database,
  day: { readonly startMs: number; readonly endMs: number },
  policy: ViewPolicy,
  listener?: VerdictListener,
): Promise<Recomputed> {
  return await withViewLog(database, async ({ shards }) => {
    for (const { database: place, table } of shards) {
      const odd = await findOddTime(place, table);
      if (odd !== undefined) throw oddTimeError(table.table, table.key, table.time, odd);
    }
    const creators = await readCreators(database);
    for (const lookbackMs of lookbacksMs) {
      listener?.begin();
      const recomputed = await recompute({ shards, ...day, lookbackMs, policy, creators, listener });
      if (recomputed !== undefined) return recomputed;
    }
    throw new Error('a scan from the first row on does not know the windows at its start');
  });
}

interface Recomputation {
  readonly shards: readonly LogShard[];
  readonly startMs: number;
  readonly endMs: number;
  readonly lookbackMs: number;
  readonly policy: ViewPolicy;
  readonly creators: ReadonlyMap<bigint, bigint | null>;
  readonly listener: VerdictListener | undefined;
}

async function readCreators(database: Database): Promise<Map<bigint, bigint | null>> {
  const creators = new Map<bigint, bigint | null>();
  for await (const row of streamRows(database, 'SELECT id, creator_id FROM video', [])) {
    creators.set(toBigInt(row.id), row.creator_id === null ? null : toBigInt(row.creator_id));
  }
  return creators;
}

/** Undefined when the look-back was too short to know a window at the start of the date. */
async function recompute(asked: Recomputation): Promise<Recomputed | undefined> {
  const { shards, startMs, endMs, lookbackMs, policy, creators, listener } = asked;
  const fromMs = startMs - lookbackMs;
  const sums = new Map<bigint, Sums>();
  const verdicts = { invalid: 0, self: 0, repeat: 0, counted: 0 };
  const note = (row: Record<string, unknown>, verdict: DateVerdict) => {
    verdicts[verdict]++;
    listener?.take(keyOf(row), verdict);
  };
  /** Pair -> its last view, whether counted or not known; oldest first, so that old ones can be dropped. */
  const windows = new Map<string, { time: number; known: boolean }>();
  for await (const { row, time } of inOrder(shards.map((shard) => sortedViews(shard, fromMs, endMs)))) {
    const ofDay = time >= startMs;
    const video = int64Of(row.video_id);
    const viewer = int64Of(row.viewer_id);
    const play = numberOf(row.play_seconds);
    const ads = numberOf(row.ad_views);
    const valid =
      video !== undefined &&
      creators.has(video) &&
      viewer !== undefined &&
      play >= 0 &&
      play <= policy.playSecondsMax &&
      ads >= 0;
    if (!valid) {
      if (ofDay) note(row, 'invalid');
      continue;
    }
    if (creators.get(video) === viewer) {
      if (ofDay) note(row, 'self');
      continue;
    }
    dropOlder(windows, time - policy.repeatWindowMs);
    const pair = `${viewer}:${video}`;
    const last = windows.get(pair);
    // Whatever came before the scan may have opened a window that still decides this view.
    if (last === undefined ? time - fromMs < policy.repeatWindowMs : !last.known) {
      if (ofDay) return undefined;
      windows.delete(pair);
      windows.set(pair, { time, known: false });
      continue;
    }
    if (last !== undefined) {
      if (ofDay) note(row, 'repeat');
      continue;
    }
    windows.set(pair, { time, known: true });
    if (ofDay) {
      note(row, 'counted');
      addView(sums, video, ads, play);
    }
  }
  return { sums, verdicts };
}

/** The shard's rows by time and id; `base` is what makes a key of the id. */
async function* sortedViews(
  { database, base }: LogShard,
  fromMs: number,
  endMs: number,
): AsyncGenerator<Record<string, unknown>> {
  const columns = 'id, video_id, viewer_id, viewed_at, play_seconds, ad_views';
  const bounded = Number.isFinite(fromMs);
  const rows = streamRows(
    database,
    `SELECT ${columns} FROM view_log WHERE ${bounded ? 'viewed_at >= ? AND ' : ''}viewed_at < ? ORDER BY viewed_at, id`,
    bounded ? [instantText(fromMs), instantText(endMs)] : [instantText(endMs)],
  );
  for await (const row of rows) yield { ...row, base };
}

function keyOf(row: Record<string, unknown>): bigint {
  return toBigInt(row.id) + (row.base as bigint);
}

/**
 * The rows with their times, in order of millisecond and id: a column of microseconds sorts more finely than times are
 * told apart here. Rows without a real time are left out.
 */
async function* inOrder(
  shards: readonly AsyncGenerator<Record<string, unknown>>[],
): AsyncGenerator<{ readonly row: Record<string, unknown>; readonly time: number }> {
  let same: { row: Record<string, unknown>; time: number }[] = [];
  const byId = (a: { row: Record<string, unknown> }, b: { row: Record<string, unknown> }) =>
    keyOf(a.row) < keyOf(b.row) ? -1 : 1;
  for await (const { row, time } of merged(shards)) {
    if (same.length > 0 && same[0].time !== time) {
      yield* same.length === 1 ? same : same.sort(byId);
      same = [];
    }
    same.push({ row, time });
  }
  yield* same.sort(byId);
}

/** Of several streams that each are in order of time: the earliest row of all next. */
async function* merged(
  shards: readonly AsyncGenerator<Record<string, unknown>>[],
): AsyncGenerator<{ readonly row: Record<string, unknown>; readonly time: number }> {
  const next = async (rows: AsyncGenerator<Record<string, unknown>>) => {
    for (;;) {
      const { value: row, done } = await rows.next();
      if (done === true) return undefined;
      const time = parseInstant(String(row.viewed_at));
      if (!Number.isNaN(time)) return { row, time, rows };
    }
  };
  try {
    const heads = (await Promise.all(shards.map(next))).filter((head) => head !== undefined);
    while (heads.length > 0) {
      let first = 0;
      for (let at = 1; at < heads.length; at++) if (heads[at].time < heads[first].time) first = at;
      const head = heads[first];
      yield head;
      const following = await next(head.rows);
      if (following === undefined) heads.splice(first, 1);
      else heads[first] = following;
    }
  } finally {
    // Whoever has read enough leaves the others open.
    for (const rows of shards) await rows.return(undefined);
  }
}

/** Undefined for NULL and for what is no signed integer of 64 bits. */
function int64Of(value: unknown): bigint | undefined {
  if (value === null || !/^-?\d+$/.test(String(value))) return undefined;
  const integer = BigInt(String(value));
  return BigInt.asIntN(64, integer) === integer ? integer : undefined;
}

/** NaN for NULL and for what is no integer of 53 bits. */
function numberOf(value: unknown): number {
  const integer = int64Of(value);
  return integer !== undefined && Number.isSafeInteger(Number(integer)) ? Number(integer) : Number.NaN;
}

/** Forgets the pairs whose last view is at `time` or before: it decides nothing any more. */
function dropOlder(windows: Map<string, { time: number }>, time: number): void {
  for (const [pair, last] of windows) {
    if (last.time > time) return;
    windows.delete(pair);
  }
}

function addView(sums: Map<bigint, Sums>, video: bigint, adViews: number, playSeconds: number): void {
  const sum = sums.get(video) ?? { views: 0n, adViews: 0n, playSeconds: 0n };
  sum.views++;
  sum.adViews += BigInt(adViews);
  sum.playSeconds += BigInt(playSeconds);
  sums.set(video, sum);
}
