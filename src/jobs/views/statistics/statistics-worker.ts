/**
 * One partition of a date's statistics, in a worker thread: range scan -> columns -> verdict -> sums -> checkpoint.
 * Rows are judged and added up batch by batch, so that memory holds one batch of them whatever the chunk's size.
 */
import { ColumnBatch } from '../../../database/column-batch.ts';
import type { Transaction } from '../../../database/database.ts';
import type { ExecutionContext } from '../../../engine/execution-context.ts';
import type {
  AccumulatingHandlers,
  Chunk,
  PartitionContext,
  Processed,
  RangeCut,
  StepCounts,
} from '../../../engine/step.ts';
import { planOutdated } from '../../../errors.ts';
import { type JudgedChunk, ViewJudge } from '../kernel/view-judge.ts';
import { placeOf } from '../log/shard-key.ts';
import { viewLogColumns } from '../log/view-log.ts';
import { type SharedVideoDirectory, VideoDirectory } from '../rules/video-directory.ts';
import { contestedBy } from '../zones/date-plan.ts';
import type { Zone } from '../zones/zone.ts';
import { LogScanner } from './log-scanner.ts';
import {
  type ChunkKey,
  insertPartials,
  insertVerdicts,
  readPartitionState,
  savePartitionState,
  stageQuarantine,
} from './partial-store.ts';
import { requireSkipLimit } from './skip-limit.ts';
import { plannedZones, type StatisticsPlanDetail } from './statistics-plan.ts';

/** Rows of one scan. */
const scanRows = 65_536;
/** Rows of one batch, where rows come as values: 200 KB, to be judged while the processor's cache holds them. */
const batchRows = 4096;
/** A chunk ends early with this many rows for the quarantine, which are the only ones kept as objects. */
const quarantinedMax = 10_000;

/** What every worker is given: the compiled kernel, the videos, and what tells them from others. */
export interface StatisticsShare {
  readonly kernel: WebAssembly.Module;
  readonly videos: SharedVideoDirectory;
  readonly check: string;
}

/** Opens a partition at its start, or at its last checkpoint. */
export default async function openStatisticsPartition(
  context: PartitionContext,
): Promise<AccumulatingHandlers<JudgedChunk>> {
  const detail = context.planDetail as StatisticsPlanDetail;
  const shared = context.shared as StatisticsShare;
  if (shared.check !== detail.videos) {
    // Partitions that are done have judged by the old videos: one date, one set of videos.
    throw planOutdated('videos were added or changed after the plan was made');
  }
  const videos = VideoDirectory.from(shared.videos);
  const { lookbackStartMs, policy } = detail.frame;
  const zones = plannedZones(detail);
  const contested = contestedBy(zones, context, lookbackStartMs, policy.repeatWindowMs);
  const own = zones.filter((zone) => zone.fromId >= context.minId && zone.fromId <= context.maxId);
  const judge = new ViewJudge({
    module: shared.kernel,
    frame: detail.frame,
    videos,
    contested,
    strayPairs: detail.strayPairs,
    zones: own,
  });
  const lastKey = context.executionContext.getLong('lastKey');
  if (lastKey !== undefined) {
    judge.restore(await readPartitionState(context.database.knex, context.jobInstanceId, context.partition));
  }
  const buckets = {
    open: detail.buckets,
    videoBounds: (detail.videoBounds ?? []).map((id) => videos.numbersUpTo(BigInt(id))),
  };
  const { shards, ends, positions } = detail;
  const scanner = new LogScanner(context.database, { shards, ends, positions, zones: own }, context.logger);
  return new StatisticsPartition(context, buckets, judge, own, lastKey, scanner);
}

/** Into what results are spread, so that the merge holds a part of them at a time. */
interface Buckets {
  readonly open: number;
  /** Of sums, by number of video: see VideoSums.drain. */
  readonly videoBounds: readonly number[];
}

class StatisticsPartition implements AccumulatingHandlers<JudgedChunk> {
  readonly #context: PartitionContext;
  readonly #buckets: Buckets;
  readonly #judge: ViewJudge;
  readonly #zones: readonly Zone[];
  /** `#watermarks[z]`: the earliest time of a row in zone z or a later one of this partition. */
  readonly #watermarks: Float64Array;
  readonly #windowMs: number;
  readonly #scanner: LogScanner;
  readonly #batch = new ColumnBatch(viewLogColumns, batchRows);
  /** The zone that the next row may lie in. */
  #zone = 0;
  #nextId: bigint;
  #chunk: number;
  /** Since it was opened. */
  #invalid = 0;

  constructor(
    context: PartitionContext,
    buckets: Buckets,
    judge: ViewJudge,
    zones: readonly Zone[],
    lastKey: bigint | undefined,
    scanner: LogScanner,
  ) {
    this.#context = context;
    this.#buckets = buckets;
    this.#judge = judge;
    this.#zones = zones;
    this.#windowMs = (context.planDetail as StatisticsPlanDetail).frame.policy.repeatWindowMs;
    this.#scanner = scanner;
    this.#nextId = lastKey === undefined ? context.minId : lastKey + 1n;
    this.#chunk = Number(context.executionContext.getLong('chunk') ?? 0n);
    this.#watermarks = new Float64Array(zones.length + 1).fill(Number.POSITIVE_INFINITY);
    for (let z = zones.length - 1; z >= 0; z--) {
      this.#watermarks[z] = Math.min(zones[z].minMs, this.#watermarks[z + 1]);
    }
  }

  async accumulate(limit: number): Promise<Chunk | undefined> {
    let size = 0;
    while (size < limit && this.#judge.quarantinedCount < quarantinedMax) {
      const run = this.#nextRun();
      if (run === undefined) break;
      const rowsMax = Math.min(limit - size, scanRows);
      const rows = await this.#scanner.scan(
        { from: run.from, to: run.to, limit: rowsMax },
        this.#batch,
        (batch) => this.#judge.take(batch),
        (definitions) => this.#judge.decoder(definitions, viewLogColumns),
      );
      if (rows > 0) this.#nextId = this.#judge.lastId + 1n;
      // Fewer rows than asked for: the run is at its end.
      if (rows < rowsMax) this.#nextId = run.to + 1n;
      this.#judge.settle(this.#watermarks[this.#zoneAt(this.#nextId)]);
      size += rows;
    }
    return size === 0 ? undefined : { size };
  }

  drain(): Processed<JudgedChunk> {
    const judged = this.#judge.drain(this.#buckets.open, this.#buckets.videoBounds);
    this.#invalid += judged.verdicts.invalid;
    requireSkipLimit(this.#context.parameters, this.#invalid);
    return { output: judged, bytes: bytesOf(judged), ...countsOf(judged) };
  }

  async write(judged: JudgedChunk, tx: Transaction): Promise<void> {
    const { database } = this.#context;
    const key = this.#chunkKey();
    await insertPartials(database, tx, key, 'sums', judged.sums);
    const open = [...judged.open].map(([bucket, body]) => ({ bucket, body }));
    await insertPartials(database, tx, key, 'open', open);
    await stageQuarantine(database, tx, key, judged.quarantined);
    await insertVerdicts(tx, key, judged.verdicts, judged.openOfDay);
  }

  async saveState(executionContext: ExecutionContext, tx: Transaction): Promise<void> {
    await savePartitionState(this.#context.database, tx, this.#chunkKey(), this.#judge.save());
    this.#chunk++;
    executionContext.put('lastKey', this.#nextId - 1n);
    executionContext.put('chunk', BigInt(this.#chunk));
  }

  /** The rows that waited for a later one have none to wait for any more. */
  async finish(tx: Transaction): Promise<Partial<StepCounts>> {
    this.#judge.settle(Number.POSITIVE_INFINITY);
    const judged = this.#judge.drain(this.#buckets.open, this.#buckets.videoBounds);
    await this.write(judged, tx);
    return countsOf(judged);
  }

  /**
   * Cuts before a zone from which on no row is less than a window after a view that may have been decided already: what
   * was decided stays right when the rows from there on are another partition's.
   */
  cut(): RangeCut | undefined {
    const first = this.#zoneAt(this.#nextId);
    const left = this.#zones.length - first;
    const decidedBeforeMs = this.#watermarks[first];
    for (let z = first + Math.ceil(left / 2); z < this.#zones.length; z++) {
      if (this.#watermarks[z] < decidedBeforeMs + this.#windowMs) continue;
      return { minId: this.#zones[z].fromId, share: (this.#zones.length - z) / left };
    }
    return undefined;
  }

  async close(): Promise<void> {
    await this.#scanner.close();
  }

  #chunkKey(): ChunkKey {
    return { jobInstanceId: this.#context.jobInstanceId, partition: this.#context.partition, chunk: this.#chunk };
  }

  /** The next ids to read: from where we are to the end of a run of neighbouring zones of one shard. */
  #nextRun(): { from: bigint; to: bigint } | undefined {
    const zones = this.#zones;
    let z = this.#zoneAt(this.#nextId);
    if (z === zones.length) return undefined;
    const from = this.#nextId > zones[z].fromId ? this.#nextId : zones[z].fromId;
    const isCut = (this.#context.planDetail as StatisticsPlanDetail).shards !== undefined;
    while (z + 1 < zones.length && zones[z + 1].fromId === zones[z].toId + 1n) {
      if (isCut && placeOf(zones[z].fromId).number !== placeOf(zones[z + 1].fromId).number) break;
      z++;
    }
    return { from, to: zones[z].toId };
  }

  /** The first zone that does not end before the id. Ids only ascend. */
  #zoneAt(id: bigint): number {
    while (this.#zone < this.#zones.length && this.#zones[this.#zone].toId < id) this.#zone++;
    return this.#zone;
  }
}

/** What is held until the commit. */
function bytesOf({ sums, open }: JudgedChunk): number {
  const views = [...open.values()].reduce((total, { length }) => total + length, 0);
  return sums.reduce((total, { body }) => total + body.length, views);
}

/** Verdicts in the words of a step: counted rows are written, excluded ones filtered, invalid ones skipped. */
function countsOf({ verdicts }: JudgedChunk): { writeCount: number; filterCount: number; processSkipCount: number } {
  return {
    writeCount: verdicts.counted,
    filterCount: verdicts.undated + verdicts.outside + verdicts.self + verdicts.repeat,
    processSkipCount: verdicts.invalid,
  };
}
