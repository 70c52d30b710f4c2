/**
 * Gives every row of one partition its verdict (domain.md section 2) and sums what counts. The rules of it are the
 * kernel's (kernel.c); here it is given what it needs to know, its rows, and its memory, and asked for its results. Rows
 * come in order of id, results go out at the end of a chunk, and the state between chunks can be saved and restored.
 *
 * Rows within the date, and those of a short look-back before it, wait for their turn. What cannot be decided with this
 * partition's rows alone goes out as open views.
 */
import { type ColumnDefinition, valueLayout } from '../../../database/binary-columns.ts';
import type { ColumnBatch, ColumnSpec } from '../../../database/column-batch.ts';
import type { RowDecoder } from '../../../database/scanner.ts';
import { keyOutOfRange } from '../../../database/unreadable.ts';
import { ExitCode, planOutdated, SettleError } from '../../../errors.ts';
import type { IntervalSet } from '../rules/intervals.ts';
import { type JudgeFrame, readPairKey } from '../rules/judge-frame.ts';
import { OpenViews } from '../rules/open-views.ts';
import { noVerdicts, type VerdictCounts, verdicts } from '../rules/verdict.ts';
import type { VideoDirectory } from '../rules/video-directory.ts';
import type { EncodedSums } from '../rules/video-sums.ts';
import { instantiateKernel, type Kernel, Restored, Stopped } from './kernel-module.ts';
import { BrokenRow, KernelRows } from './kernel-rows.ts';
import { type KeptText, type QuarantinedView, readQuarantined } from './quarantined-views.ts';
import { packedKinds, RowPackets } from './row-packets.ts';

export interface JudgedChunk {
  /** Rows by verdict. Rows of the date that went out as open views are in none of them yet. */
  readonly verdicts: VerdictCounts;
  /** By bucket of videos; none when nothing was counted. */
  readonly sums: readonly EncodedSums[];
  /** Encoded OpenViews by bucket. */
  readonly open: Map<number, Buffer>;
  /** Open views of the date: they get their verdict in the merge. */
  readonly openOfDay: number;
  readonly quarantined: readonly QuarantinedView[];
}

/** A run of ids whose known times lie within bounds, both inside; milliseconds since 1970. */
export interface PromisedTimes {
  readonly toId: bigint;
  readonly minMs: number;
  readonly maxMs: number;
}

/** What is fixed for a partition. */
export interface JudgeSetup {
  readonly module: WebAssembly.Module;
  readonly frame: JudgeFrame;
  readonly videos: VideoDirectory;
  /** Times (milliseconds since 1970) at which a row of another partition may lie less than a window before, or at the same time. */
  readonly contested: IntervalSet;
  /** `pairKey` of the pairs that have a stray row: all their views are left open. */
  readonly strayPairs: readonly string[];
  /** By id. A view outside its zone's times that is not a known stray means that the plan no longer fits the log. */
  readonly zones: readonly PromisedTimes[];
  readonly room?: FirstRoom;
}

/** What a kernel begins with; it makes more as it needs it. */
export interface FirstRoom {
  /** Views that are held, a power of two: what a portion of rows or two need. */
  readonly views: number;
  /** With more videos than this, room is made for the sums of those that are met (24 bytes each), not for all. */
  readonly denseVideos: number;
}

const firstRoom: FirstRoom = { views: 2 ** 14, denseVideos: 2 ** 20 };

/** Of a frame, and of the window; milliseconds. Twice a time, and a bit, must fit 32 bits. */
const timesMax = 2 ** 30;
const int32Min = -(2 ** 31);
const int32Max = 2 ** 31 - 1;
const openBytes = 44;
/** Kinds of columns: rows.h. */
const kindUnsigned = 16;
const kindDatetime = 32;
const noSums = 4;
const sumInexact = -1;

export class ViewJudge {
  readonly #kernel: Kernel;
  readonly #setup: JudgeSetup;
  readonly #inputAt: number;
  readonly #inputBytes: number;
  readonly #packets = new RowPackets();
  /** A view of the memory, made anew when that has grown. */
  #memory = new Uint8Array(0);
  #isUnsigned: readonly boolean[] = [];
  #quarantined: QuarantinedView[] = [];
  #sums = Buffer.alloc(0);

  /** @throws SettleError OUT_OF_MEMORY */
  constructor(setup: JudgeSetup) {
    const { module, frame, videos, room = firstRoom } = setup;
    const { repeatWindowMs, playSecondsMax } = frame.policy;
    if (frame.dayEndMs - frame.lookbackStartMs >= timesMax) throw new RangeError('a frame of more than twelve days');
    if (repeatWindowMs > timesMax || playSecondsMax > int32Max) throw new RangeError('a policy beyond 32 bits');
    this.#setup = setup;
    this.#kernel = instantiateKernel(module, (video, lo, hi) => videos.isBy(video, lo, hi));
    this.#inputAt = this.#kernel.input_at();
    this.#inputBytes = this.#kernel.input_bytes();
    const { lookbackStartMs } = frame;
    this.#kernel.set_frame(
      lookbackStartMs,
      frame.dayStartMs - lookbackStartMs,
      frame.dayEndMs - lookbackStartMs,
      repeatWindowMs,
      playSecondsMax,
    );
    this.#placeVideos();
    this.#placeTimes();
    this.#demand(this.#kernel.begin(room.views, room.denseVideos));
  }

  /** What decodes the rows of a result with the view log's columns: see Scanner.scan. */
  decoder(definitions: readonly ColumnDefinition[], specs: readonly ColumnSpec[]): RowDecoder {
    const layouts = definitions.map((definition, c) => valueLayout(definition, specs[c]));
    this.#useColumns(
      layouts.map((layout) =>
        layout === 'time' ? kindDatetime : layout.bytes | (layout.isUnsigned ? kindUnsigned : 0),
      ),
    );
    const feed = (bytes: Uint8Array, at: number) => this.#feed(bytes, at);
    return new KernelRows(feed);
  }

  /** Takes the rows of a batch with the view log's columns, the next in order of id. Keeps nothing of it. */
  take(batch: ColumnBatch): void {
    this.#useColumns(packedKinds);
    const packets = this.#packets.write(batch, 0, batch.size);
    this.#feed(packets, 0, (row, column) => batch.keptText(row, column));
  }

  /** The id of the last row that was taken. */
  get lastId(): bigint {
    return this.#kernel.id_taken();
  }

  /**
   * Decides the waiting views before `watermarkMs`: the promise that every row still to come is at it or later.
   * @param watermarkMs milliseconds since 1970; Infinity at the end of the partition
   */
  settle(watermarkMs: number): void {
    this.#demand(this.#kernel.settle(this.#relative(watermarkMs)));
  }

  /**
   * The results since the last call.
   * @param buckets into which open views are spread
   * @param videoBounds bucket b of sums has the numbers of videos below `videoBounds[b]` that no earlier bucket has, and
   *   one more bucket the rest
   */
  drain(buckets: number, videoBounds: readonly number[] = []): JudgedChunk {
    const results = new Uint32Array(this.#kernel.memory.buffer, this.#kernel.results_at(), verdicts.length + 1);
    const counts = noVerdicts();
    verdicts.forEach((verdict, at) => {
      counts[verdict] = results[at];
    });
    const openOfDay = results[verdicts.length];
    results.fill(0);
    const quarantined = this.#quarantined;
    this.#quarantined = [];
    return {
      verdicts: counts,
      sums: this.#drainSums(videoBounds),
      open: this.#drainOpen(buckets),
      openOfDay,
      quarantined,
    };
  }

  /** Rows for the quarantine since the last `drain`. */
  get quarantinedCount(): number {
    return this.#quarantined.length;
  }

  /** Views that wait for their turn. */
  get waiting(): number {
    return this.#kernel.waiting();
  }

  /** The state between two chunks (after `drain`), as bytes. */
  save(): Buffer {
    const bytes = this.#kernel.save();
    this.#demand(bytes > 0 ? 1 : 0);
    return this.#copy(this.#kernel.output_at(), bytes);
  }

  /**
   * Puts back what `save` gave, into a judge that has taken nothing.
   * @throws SettleError PLAN_OUTDATED when a video was removed meanwhile, or when another version of settle saved it
   */
  restore(saved: Buffer): void {
    const at = this.#kernel.place_saved(saved.length);
    this.#demand(at);
    this.#bytes().set(saved, at);
    const result = this.#kernel.restore(saved.length);
    if (result === Restored.restored) return;
    if (result === Restored.unknownVideo) throw planOutdated('a video was removed after the plan was made');
    if (result === Restored.otherVersion)
      throw planOutdated('another version of settle saved the state of a partition');
    throw planOutdated('the saved state of a partition is no such state');
  }

  #placeVideos(): void {
    const { videos } = this.#setup;
    const { range, index, marks } = videos.share();
    const kernel = this.#kernel;
    const count = videos.size;
    const at =
      range === undefined
        ? kernel.place_hashed_videos(count, index.slots.length)
        : kernel.place_direct_videos(count, range.firstLo, range.firstHi);
    this.#demand(at);
    this.#bytes().set(marks.subarray(0, count), at);
    if (range !== undefined) return;
    const { buffer } = kernel.memory;
    new Int32Array(buffer, kernel.video_ids(), 2 * count).set(index.words.subarray(0, 2 * count));
    new Int32Array(buffer, kernel.video_slots(), index.slots.length).set(index.slots);
  }

  #placeTimes(): void {
    const { zones, contested, strayPairs } = this.#setup;
    const kernel = this.#kernel;
    const [n, m] = [zones.length, contested.starts.length];
    const zonesAt = kernel.place_zones(n);
    this.#demand(zonesAt);
    const { buffer: zoneMemory } = kernel.memory;
    new BigInt64Array(zoneMemory, zonesAt, n).set(zones.map(({ toId }) => toId));
    new Int32Array(zoneMemory, zonesAt + 8 * n, n).set(zones.map(({ minMs }) => this.#relative(minMs)));
    new Int32Array(zoneMemory, zonesAt + 12 * n, n).set(zones.map(({ maxMs }) => this.#relative(maxMs)));
    const contestedAt = kernel.place_contested(m);
    this.#demand(contestedAt);
    const { buffer } = kernel.memory;
    new Int32Array(buffer, contestedAt, m).set(contested.starts.map((start) => this.#relative(start)));
    new Int32Array(buffer, contestedAt + 4 * m, m).set(contested.ends.map((end) => this.#relative(end)));
    this.#demand(kernel.place_strays(strayPairs.length));
    for (const key of strayPairs) {
      const { viewerLo, viewerHi, videoLo, videoHi } = readPairKey(key);
      kernel.add_stray(viewerLo, viewerHi, videoLo, videoHi);
    }
  }

  /** Milliseconds since the look-back's start; what is beyond 32 bits is beyond every time that a view can have. */
  #relative(ms: number): number {
    return Math.max(int32Min, Math.min(int32Max, ms - this.#setup.frame.lookbackStartMs));
  }

  #useColumns(kinds: readonly number[]): void {
    this.#bytes().set(kinds, this.#kernel.columns());
    if (this.#kernel.use_columns() === 0) throw new TypeError('the result has other columns than the view log');
    this.#isUnsigned = kinds.map((kind) => (kind & kindUnsigned) !== 0);
  }

  /** Has the kernel take the row packets of `bytes` from `at` on. Returns where it stopped; `keptText` counts rows from `at`. */
  #feed(bytes: Uint8Array, at: number, keptText?: KeptText): { at: number; rows: number } {
    const kernel = this.#kernel;
    let rows = 0;
    for (;;) {
      const end = Math.min(bytes.length, at + this.#inputBytes);
      this.#bytes().set(bytes.subarray(at, end), this.#inputAt);
      const stopped = kernel.take(end - at);
      this.#fetchQuarantined(rows, keptText);
      const taken = kernel.taken_bytes();
      at += taken;
      rows += kernel.taken_rows();
      if (stopped === Stopped.taken && (end === bytes.length || taken === 0)) return { at, rows };
      if (stopped === Stopped.roomWanted) this.#demand(kernel.make_room());
      if (stopped === Stopped.planOutdated) throw outdatedPlan(kernel.id_taken());
      if (stopped === Stopped.idUnreadable)
        throw keyOutOfRange('view_log', 'id', BigInt.asUintN(64, kernel.id_taken()));
      if (stopped === Stopped.rowBroken) throw new BrokenRow('a row packet is longer or shorter than its columns');
    }
  }

  #fetchQuarantined(firstRow: number, keptText: KeptText | undefined): void {
    const count = this.#kernel.take_quarantine();
    if (count === 0) return;
    const { buffer } = this.#kernel.memory;
    this.#quarantined.push(
      ...readQuarantined(buffer, this.#kernel.quarantine_at(), count, this.#isUnsigned, firstRow, keptText),
    );
  }

  #drainSums(bounds: readonly number[]): EncodedSums[] {
    const kernel = this.#kernel;
    kernel.begin_sums();
    const bodies: { bucket: number; from: number; to: number }[] = [];
    let used = 0;
    for (let bucket = 0; bucket <= bounds.length; bucket++) {
      const bytes = kernel.encode_sums(bounds[bucket] ?? this.#setup.videos.size);
      if (bytes === sumInexact) throw sumTooLarge();
      this.#demand(bytes > 0 ? 1 : 0);
      if (bytes === noSums) continue;
      if (this.#sums.length < used + bytes) {
        const sums = Buffer.allocUnsafeSlow(2 * (used + bytes));
        this.#sums.copy(sums, 0, 0, used);
        this.#sums = sums;
      }
      const at = kernel.output_at();
      this.#sums.set(this.#bytes().subarray(at, at + bytes), used);
      bodies.push({ bucket, from: used, to: used + bytes });
      used += bytes;
    }
    kernel.end_sums();
    return bodies.map(({ bucket, from, to }) => ({ bucket, body: this.#sums.subarray(from, to) }));
  }

  #drainOpen(buckets: number): Map<number, Buffer> {
    const at = this.#kernel.open_at();
    const count = this.#kernel.take_open();
    if (count === 0) return new Map();
    const views = new OpenViews();
    views.addEncoded(Buffer.from(this.#kernel.memory.buffer, at, count * openBytes));
    return views.drain(buckets);
  }

  #bytes(): Uint8Array {
    if (this.#memory.length === 0) this.#memory = new Uint8Array(this.#kernel.memory.buffer);
    return this.#memory;
  }

  #copy(at: number, bytes: number): Buffer {
    return Buffer.from(this.#bytes().subarray(at, at + bytes));
  }

  /** @param answer 0: the kernel found no memory */
  #demand(answer: number): void {
    if (answer !== 0) return;
    const megabytes = Math.ceil(this.#kernel.memory.buffer.byteLength / 2 ** 20);
    throw new SettleError(
      'OUT_OF_MEMORY',
      ExitCode.failed,
      `a worker needs more than ${megabytes} MB for the ${this.#setup.videos.size} videos and the views of its partition`,
      { hint: 'Run it again with fewer --workers, or give the process more memory.' },
    );
  }
}

function sumTooLarge(): SettleError {
  return new SettleError(
    'SUM_TOO_LARGE',
    ExitCode.failed,
    'the ad views or seconds of a video in one chunk are past 2^53',
    {
      hint: 'Run it again with smaller chunks, for instance --chunk 1000.',
    },
  );
}

function outdatedPlan(id: bigint): SettleError {
  return planOutdated(`row ${id} turned up after the plan was made`, {
    hint: 'Run the date again; the plan will take it in.',
  });
}
