/**
 * Step `resolve-windows`: decides the views that the partitions left open, bucket by bucket, and keeps the result like
 * a partition's. Runs again from its start after a failure.
 */
import { giveTurn } from '../../../database/turn.ts';
import type { StepCounts } from '../../../engine/step.ts';
import type { StepContext } from '../../../engine/step-context.ts';
import { Int64Index } from '../../../rules/int64-index.ts';
import { withViewLog } from '../log/open-log.ts';
import type { JudgeFrame } from '../rules/judge-frame.ts';
import { OpenViews } from '../rules/open-views.ts';
import { type Resolved, type ResolveFrame, resolveOpenViews } from '../rules/resolve-open.ts';
import { noVerdicts } from '../rules/verdict.ts';
import { type EncodedSums, VideoSums } from '../rules/video-sums.ts';
import { addPairHistory } from './pair-history.ts';
import {
  deleteMerged,
  insertPartial,
  insertVerdicts,
  listPartials,
  mergePartition,
  type PartialName,
  readPartial,
} from './partial-store.ts';
import { frameOf, readPlanDetail, trueZones } from './statistics-plan.ts';

/** How far before the look-back the history of a chain is searched, in turn; then from the log's beginning. */
const historyReachMs = [10 * 60_000, 6 * 3_600_000, 7 * 86_400_000, Number.POSITIVE_INFINITY];

export async function resolveWindows(context: StepContext): Promise<Partial<StepCounts>> {
  const { database, jobInstanceId, parameters } = context;
  const frame = frameOf(parameters.require('date'), parameters.require('zone'));
  const videoBounds = await readVideoBounds(context);
  await context.transaction((tx) => deleteMerged(tx, jobInstanceId));
  const buckets = Map.groupBy(await listPartials(database.knex, jobInstanceId, 'open'), ({ bucket }) => bucket);
  let writeCount = 0;
  let filterCount = 0;
  for (const [bucket, names] of buckets) {
    context.signal.throwIfAborted();
    const views = await readOpenViews(context, names);
    const { counted, repeats } = await resolveAll(context, views, frame);
    await giveTurn();
    const bodies = sumViews(views, counted, videoBounds);
    await context.transaction(async (tx) => {
      const key = { jobInstanceId, partition: mergePartition, chunk: bucket };
      for (const { bucket: videos, body } of bodies) {
        await insertPartial(database, tx, key, 'sums', videos, body);
      }
      const verdicts = { ...noVerdicts(), counted: counted.length, repeat: repeats };
      await insertVerdicts(tx, key, verdicts, -(counted.length + repeats));
    });
    writeCount += counted.length;
    filterCount += repeats;
  }
  return { readCount: writeCount + filterCount, writeCount, filterCount };
}

/** Of the plan that the partitions' sums were made by. */
async function readVideoBounds({ database, jobInstanceId }: StepContext): Promise<bigint[]> {
  const { videoBounds = [] } = await readPlanDetail(database.knex, jobInstanceId);
  return videoBounds.map(BigInt);
}

async function readOpenViews(context: StepContext, names: readonly PartialName[]): Promise<OpenViews> {
  const views = new OpenViews();
  for (const name of names) {
    views.addEncoded(await readPartial(context.database.knex, context.jobInstanceId, 'open', name));
  }
  return views;
}

/** Resolves with as much history as the chains of views ask for. */
async function resolveAll(context: StepContext, views: OpenViews, frame: JudgeFrame): Promise<Resolved> {
  const { database, logger } = context;
  const base: ResolveFrame = {
    dayStartMs: frame.dayStartMs,
    lookbackStartMs: frame.lookbackStartMs,
    repeatWindowMs: frame.policy.repeatWindowMs,
  };
  let resolved = resolveOpenViews(views, base);
  let known = frame.lookbackStartMs;
  for (const reachMs of historyReachMs) {
    if (resolved.needHistory.length === 0) break;
    const start = frame.lookbackStartMs - reachMs;
    logger.info(
      { pairs: resolved.needHistory.length, reachMs },
      'reading the history of views that follow on one another',
    );
    const span = { startMs: start, endMs: known };
    const { needHistory } = resolved;
    await withViewLog(database, async (log) => {
      const options = { concurrency: context.options.workers, signal: context.signal };
      const zones = await trueZones(database, log, span, options);
      await addPairHistory(database, zones, needHistory, span, frame.policy, views);
    });
    known = start;
    // Pairs without history have no view before the look-back, so the earlier start changes nothing for them.
    resolved = resolveOpenViews(views, { ...base, lookbackStartMs: start });
  }
  return resolved;
}

/** Sums of the counted views, in the buckets of the partitions' sums. */
function sumViews(views: OpenViews, counted: readonly number[], bounds: readonly bigint[]): readonly EncodedSums[] {
  const met = new Int64Index();
  const videoOf = counted.map((at) => met.add(views.videoWords[2 * at], views.videoWords[2 * at + 1]));
  const ids = new BigInt64Array(met.words.slice(0, 2 * met.size).buffer).sort();
  const words = new Int32Array(ids.buffer);
  const rank = new Int32Array(met.size);
  for (let at = 0; at < ids.length; at++) rank[met.find(words[2 * at], words[2 * at + 1])] = at;
  const sums = new VideoSums(met.size);
  counted.forEach((at, position) => {
    sums.add(rank[videoOf[position]], views.adViews[at], views.playSeconds[at]);
  });
  const order = { idLo: (video: number) => words[2 * video], idHi: (video: number) => words[2 * video + 1] };
  return sums.drain(
    order,
    bounds.map((bound) => countUpTo(ids, bound)),
  );
}

function countUpTo(ids: BigInt64Array, bound: bigint): number {
  const above = ids.findIndex((id) => id > bound);
  return above < 0 ? ids.length : above;
}
