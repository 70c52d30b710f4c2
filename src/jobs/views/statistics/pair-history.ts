/**
 * Older views of a few pairs, for chains of views that reach back beyond a date's look-back. Rare, so plain: one query
 * a run of ids, filtered in the server.
 */
import type { Database } from '../../../database/database.ts';
import { instantText, parseInstant } from '../../../database/instant.ts';
import { toBigInt } from '../../../database/values.ts';
import { joinWords, splitWords } from '../../../rules/words.ts';
import { pairKey } from '../rules/judge-frame.ts';
import type { OpenViews } from '../rules/open-views.ts';
import type { Pair } from '../rules/resolve-open.ts';
import { invalidReason, type ViewPolicy } from '../rules/verdict.ts';
import { type Span, zonesToRead } from '../zones/date-plan.ts';
import type { Zone } from '../zones/zone.ts';
import type { ShardZones } from './statistics-plan.ts';

const pairsAQuery = 200;

/** Adds the pairs' valid views with startMs <= time < endMs (milliseconds since 1970) to `views`. */
export async function addPairHistory(
  database: Database,
  log: readonly ShardZones[],
  pairs: readonly Pair[],
  { startMs, endMs }: Span,
  policy: ViewPolicy,
  views: OpenViews,
): Promise<void> {
  const parts = log.map(({ shard, zones }) => ({
    shard,
    runs: joinNeighbours(zonesToRead(zones, { startMs, endMs })),
  }));
  for (let at = 0; at < pairs.length; at += pairsAQuery) {
    const some = pairs.slice(at, at + pairsAQuery);
    const wanted = new Set(some.map((pair) => pairKey(pair.viewerLo, pair.viewerHi, pair.videoLo, pair.videoHi)));
    const viewers = [...new Set(some.map((pair) => joinWords(pair.viewerLo, pair.viewerHi).toString()))];
    const videos = [...new Set(some.map((pair) => joinWords(pair.videoLo, pair.videoHi).toString()))];
    const creators = await readCreators(database, videos);
    for (const { shard, runs } of parts) {
      for (const run of runs) {
        const rows = await shard.database
          .knex(shard.table.table)
          .whereBetween('id', [run.fromId.toString(), run.toId.toString()])
          .whereIn('viewer_id', viewers)
          .whereIn('video_id', videos)
          .where('viewed_at', '<', instantText(endMs))
          .andWhere((query) => {
            if (Number.isFinite(startMs)) query.where('viewed_at', '>=', instantText(startMs));
          })
          .select('id', 'video_id', 'viewer_id', 'viewed_at', 'play_seconds', 'ad_views');
        for (const row of rows) addRow(row, shard.base, { wanted, creators, policy }, views);
      }
    }
  }
}

/** Creator by id of the video, null where it has none. Only videos that are known. */
async function readCreators({ knex }: Database, videos: readonly string[]): Promise<Map<bigint, bigint | null>> {
  const rows = await knex('video').whereIn('id', videos).select('id', 'creator_id');
  return new Map(rows.map((row) => [toBigInt(row.id), row.creator_id === null ? null : toBigInt(row.creator_id)]));
}

interface Wanted {
  /** Pairs, as `pairKey` writes them. */
  readonly wanted: ReadonlySet<string>;
  readonly creators: ReadonlyMap<bigint, bigint | null>;
  readonly policy: ViewPolicy;
}

function addRow(
  row: Record<string, string | number | null>,
  base: bigint,
  { wanted, creators, policy }: Wanted,
  views: OpenViews,
): void {
  const [viewerLo, viewerHi] = splitWords(toBigInt(row.viewer_id));
  const [videoLo, videoHi] = splitWords(toBigInt(row.video_id));
  if (!wanted.has(pairKey(viewerLo, viewerHi, videoLo, videoHi))) return;
  const play = row.play_seconds === null ? Number.NaN : Number(row.play_seconds);
  const ads = row.ad_views === null ? Number.NaN : Number(row.ad_views);
  if (!Number.isSafeInteger(play) || !Number.isSafeInteger(ads)) return;
  if (invalidReason(policy, true, play, ads) !== undefined) return;
  const creator = creators.get(toBigInt(row.video_id));
  if (creator === undefined || creator === toBigInt(row.viewer_id)) return;
  const [idLo, idHi] = splitWords(toBigInt(row.id) + base);
  const time = parseInstant(String(row.viewed_at));
  if (Number.isNaN(time)) return;
  views.add({
    idLo,
    idHi,
    viewerLo,
    viewerHi,
    videoLo,
    videoHi,
    time,
    playSeconds: play,
    adViews: ads,
    isSeed: false,
  });
}

function joinNeighbours(zones: readonly Zone[]): { fromId: bigint; toId: bigint }[] {
  const runs: { fromId: bigint; toId: bigint }[] = [];
  for (const { fromId, toId } of zones) {
    const last = runs.at(-1);
    if (last !== undefined && last.toId + 1n === fromId) last.toId = toId;
    else runs.push({ fromId, toId });
  }
  return runs;
}
