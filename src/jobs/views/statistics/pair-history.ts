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
import { viewLog } from './view-log.ts';

const pairsAQuery = 200;

/** Adds the pairs' valid views with startMs <= time < endMs (milliseconds since 1970) to `views`. */
export async function addPairHistory(
  database: Database,
  zones: readonly Zone[],
  pairs: readonly Pair[],
  { startMs, endMs }: Span,
  policy: ViewPolicy,
  views: OpenViews,
): Promise<void> {
  const runs = joinNeighbours(zonesToRead(zones, { startMs, endMs }));
  for (let at = 0; at < pairs.length; at += pairsAQuery) {
    const some = pairs.slice(at, at + pairsAQuery);
    const wanted = new Set(some.map((pair) => pairKey(pair.viewerLo, pair.viewerHi, pair.videoLo, pair.videoHi)));
    const viewers = [...new Set(some.map((pair) => joinWords(pair.viewerLo, pair.viewerHi).toString()))];
    const videos = [...new Set(some.map((pair) => joinWords(pair.videoLo, pair.videoHi).toString()))];
    for (const run of runs) {
      const rows = await database
        .knex(`${viewLog.table} as v`)
        .join('video as d', 'd.id', 'v.video_id')
        .whereBetween('v.id', [run.fromId.toString(), run.toId.toString()])
        .whereIn('v.viewer_id', viewers)
        .whereIn('v.video_id', videos)
        .where('v.viewed_at', '<', instantText(endMs))
        .andWhere((query) => {
          if (Number.isFinite(startMs)) query.where('v.viewed_at', '>=', instantText(startMs));
        })
        .select('v.id', 'v.video_id', 'v.viewer_id', 'v.viewed_at', 'v.play_seconds', 'v.ad_views', 'd.creator_id');
      for (const row of rows) addRow(row, wanted, policy, views);
    }
  }
}

function addRow(
  row: Record<string, string | number | null>,
  wanted: ReadonlySet<string>,
  policy: ViewPolicy,
  views: OpenViews,
): void {
  const [viewerLo, viewerHi] = splitWords(toBigInt(row.viewer_id));
  const [videoLo, videoHi] = splitWords(toBigInt(row.video_id));
  if (!wanted.has(pairKey(viewerLo, viewerHi, videoLo, videoHi))) return;
  const play = row.play_seconds === null ? Number.NaN : Number(row.play_seconds);
  const ads = row.ad_views === null ? Number.NaN : Number(row.ad_views);
  if (!Number.isSafeInteger(play) || !Number.isSafeInteger(ads)) return;
  if (invalidReason(policy, true, play, ads) !== undefined) return;
  if (row.creator_id !== null && toBigInt(row.creator_id) === toBigInt(row.viewer_id)) return;
  const [idLo, idHi] = splitWords(toBigInt(row.id));
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
