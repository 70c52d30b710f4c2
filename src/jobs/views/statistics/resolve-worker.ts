/**
 * One run of buckets of open views: decides them, and keeps the result like a partition's of the statistics. A thread
 * holds the views of one bucket at a time, and of the chunk what counts and what asks for history.
 */
import type { Transaction } from '../../../database/database.ts';
import type { ExecutionContext } from '../../../engine/execution-context.ts';
import type { AccumulatingHandlers, Chunk, PartitionContext, Processed } from '../../../engine/step.ts';
import { type ViewLog, withViewLog } from '../log/open-log.ts';
import { CountedViews } from '../rules/counted-views.ts';
import { OpenViews } from '../rules/open-views.ts';
import { type Resolved, type ResolveFrame, resolveOpenViews } from '../rules/resolve-open.ts';
import { noVerdicts } from '../rules/verdict.ts';
import type { EncodedSums } from '../rules/video-sums.ts';
import type { Span } from '../zones/date-plan.ts';
import type { Zone } from '../zones/zone.ts';
import { addPairHistory } from './pair-history.ts';
import { insertPartials, insertVerdicts, mergePartition, readOpenBodies } from './partial-store.ts';
import type { ResolvePlanDetail } from './resolve-plan.ts';
import { type ShardZones, trueZones } from './statistics-plan.ts';

/** How far before the look-back the history of a chain is searched, in turn; then from the log's beginning. */
const historyReachMs = [10 * 60_000, 6 * 3_600_000, 7 * 86_400_000, Number.POSITIVE_INFINITY];
/** Statements that look at the log at once: the other threads have theirs. */
const concurrency = 2;
const nextBucket = 'nextBucket';

/** The verdicts on the open views of a chunk's buckets. */
interface DecidedChunk {
  readonly sums: readonly EncodedSums[];
  readonly counted: number;
  readonly repeats: number;
}

/** Opens a partition at its first bucket, or after the last one of its checkpoint. */
export default async function openResolvePartition(
  context: PartitionContext,
): Promise<AccumulatingHandlers<DecidedChunk>> {
  return new ResolvePartition(context);
}

class ResolvePartition implements AccumulatingHandlers<DecidedChunk> {
  readonly #context: PartitionContext;
  readonly #detail: ResolvePlanDetail;
  readonly #frame: ResolveFrame;
  readonly #videoBounds: readonly bigint[];
  readonly #lastBucket: number;
  /** By reach, of each shard: looked at once for all chunks of the partition. */
  readonly #zones = new Map<number, readonly (readonly Zone[])[]>();
  readonly #counted = new CountedViews();
  #repeats = 0;
  /** First bucket of the chunk. */
  #firstBucket: number;
  #nextBucket: number;

  constructor(context: PartitionContext) {
    this.#context = context;
    this.#detail = context.planDetail as ResolvePlanDetail;
    const { dayStartMs, lookbackStartMs, policy } = this.#detail.frame;
    this.#frame = { dayStartMs, lookbackStartMs, repeatWindowMs: policy.repeatWindowMs };
    this.#videoBounds = this.#detail.videoBounds.map(BigInt);
    this.#nextBucket = Number(context.executionContext.getLong(nextBucket) ?? context.minId);
    this.#firstBucket = this.#nextBucket;
    this.#lastBucket = Number(context.maxId);
  }

  /** Whole buckets, the last of which may go beyond the limit. */
  async accumulate(limit: number): Promise<Chunk | undefined> {
    this.#firstBucket = this.#nextBucket;
    const undecided = new OpenViews();
    while (this.#nextBucket <= this.#lastBucket && this.#size + undecided.count < limit) {
      this.#context.signal.throwIfAborted();
      const views = await this.#readBucket(this.#nextBucket++);
      const resolved = resolveOpenViews(views, this.#frame);
      this.#take(views, resolved);
      for (const at of resolved.undecided) undecided.add(views.at(at));
    }
    if (undecided.count > 0) this.#take(undecided, await this.#resolveByHistory(undecided));
    // Without open views of the date the buckets have none to decide: nothing is written of them.
    return this.#size === 0 ? undefined : { size: this.#size };
  }

  drain(): Processed<DecidedChunk> {
    const { count: counted } = this.#counted;
    const repeats = this.#repeats;
    this.#repeats = 0;
    const sums = this.#counted.drain(this.#videoBounds);
    const bytes = sums.reduce((total, { body }) => total + body.length, 0);
    const output = { sums, counted, repeats };
    return { output, bytes, writeCount: counted, filterCount: repeats, processSkipCount: 0 };
  }

  async write({ sums, counted, repeats }: DecidedChunk, tx: Transaction): Promise<void> {
    const { database, jobInstanceId } = this.#context;
    const key = { jobInstanceId, partition: mergePartition, chunk: this.#firstBucket };
    await insertPartials(database, tx, key, 'sums', sums);
    await insertVerdicts(tx, key, { ...noVerdicts(), counted, repeat: repeats }, -(counted + repeats));
  }

  saveState(executionContext: ExecutionContext): void {
    executionContext.put(nextBucket, BigInt(this.#nextBucket));
  }

  async close(): Promise<void> {}

  get #size(): number {
    return this.#counted.count + this.#repeats;
  }

  async #readBucket(bucket: number): Promise<OpenViews> {
    const { database, jobInstanceId } = this.#context;
    const views = new OpenViews();
    for await (const body of readOpenBodies(database.knex, jobInstanceId, bucket)) views.addEncoded(body);
    return views;
  }

  #take({ videoWords, adViews, playSeconds }: OpenViews, { counted, repeats }: Resolved): void {
    for (const at of counted) {
      this.#counted.add(videoWords[2 * at], videoWords[2 * at + 1], adViews[at], playSeconds[at]);
    }
    this.#repeats += repeats;
  }

  /** Resolves with as much history as the chains of views ask for. */
  async #resolveByHistory(views: OpenViews): Promise<Resolved> {
    const { database, logger } = this.#context;
    const { lookbackStartMs, policy } = this.#detail.frame;
    return await withViewLog(database, async (log) => {
      let resolved = resolveOpenViews(views, this.#frame);
      let known = lookbackStartMs;
      for (const reachMs of historyReachMs) {
        if (resolved.needHistory.length === 0) break;
        const start = lookbackStartMs - reachMs;
        logger.info(
          { pairs: resolved.needHistory.length, reachMs },
          'reading the history of views that follow on one another',
        );
        const span = { startMs: start, endMs: known };
        const zones = await this.#zonesOf(log, reachMs, span);
        await addPairHistory(database, zones, resolved.needHistory, span, policy, views);
        known = start;
        // Pairs without history have no view before the look-back, so the earlier start changes nothing for them.
        resolved = resolveOpenViews(views, { ...this.#frame, lookbackStartMs: start });
      }
      return resolved;
    });
  }

  async #zonesOf(log: ViewLog, reachMs: number, span: Span): Promise<ShardZones[]> {
    const { database, signal } = this.#context;
    const known = this.#zones.get(reachMs);
    if (known !== undefined) return log.shards.map((shard, at) => ({ shard, zones: known[at] }));
    const found = await trueZones(database, log, span, { concurrency, signal });
    this.#zones.set(
      reachMs,
      found.map(({ zones }) => zones),
    );
    return found;
  }
}
