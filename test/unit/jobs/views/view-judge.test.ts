/**
 * The heart of exactness: whatever the zones, partitions, chunks, strays and checkpoints, the judge and the merge give
 * what one naive pass over the sorted log gives.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileKernel } from '../../../../src/jobs/views/kernel/kernel-module.ts';
import { type JudgedChunk, ViewJudge } from '../../../../src/jobs/views/kernel/view-judge.ts';
import { type JudgeFrame, pairKey } from '../../../../src/jobs/views/rules/judge-frame.ts';
import { OpenViews } from '../../../../src/jobs/views/rules/open-views.ts';
import { resolveOpenViews } from '../../../../src/jobs/views/rules/resolve-open.ts';
import {
  verdicts as allVerdicts,
  defaultViewPolicy,
  noVerdicts,
  type VerdictCounts,
} from '../../../../src/jobs/views/rules/verdict.ts';
import { directRange, VideoDirectory } from '../../../../src/jobs/views/rules/video-directory.ts';
import { readVideoSums } from '../../../../src/jobs/views/rules/video-sums.ts';
import { contestedBy } from '../../../../src/jobs/views/zones/date-plan.ts';
import type { Zone } from '../../../../src/jobs/views/zones/zone.ts';
import { joinWords, splitWords } from '../../../../src/rules/words.ts';
import { startOfDate } from '../../../oracles/calendar.ts';
import { dailyStatistics, type LogRow } from '../../../oracles/daily-statistics.ts';
import { denseLog } from '../../../oracles/logs.ts';
import type { Log } from '../../../oracles/read-log.ts';
import { isThorough } from '../../../support/thorough.ts';
import { type Feed, feedOf, takeRows } from '../../../support/view-rows.ts';

const module = await compileKernel();

/** Of 24, 23 and 25 hours. */
const days = [
  { date: '2026-11-20', next: '2026-11-21', zone: 'Asia/Seoul' },
  { date: '2026-03-08', next: '2026-03-09', zone: 'America/New_York' },
  { date: '2026-11-01', next: '2026-11-02', zone: 'America/New_York' },
];
type Day = (typeof days)[number];
const buckets = 3;

/** How a simulated run cuts the log; every number is used modulo what fits. */
interface Cuts {
  readonly zoneSizes: number[];
  readonly zonesAPartition: number[];
  readonly chunkSizes: number[];
  /** Positions (modulo) of rows that the zones name as strays. */
  readonly strays: number[];
  /** Whether videos are found by their distance from the first one. */
  readonly directVideos: boolean;
  readonly videosABucket: number;
  /** Whether to save and restore the judge after each chunk. */
  readonly restart: boolean;
  /** After each of so many chunks another worker takes the zones of the partition that are untouched; 0: never. */
  readonly stealAfterChunks: number;
  /** Milliseconds before the day from which rows are looked at. */
  readonly lookbackMs: number;
  /** How the rows reach the kernel. */
  readonly feed: Feed;
  /** Room for views at first; with more videos than `denseVideos` their sums are found by a hash. */
  readonly room: { readonly views: number; readonly denseVideos: number };
}

const cuts: fc.Arbitrary<Cuts> = fc.record({
  zoneSizes: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 5 }),
  directVideos: fc.boolean(),
  videosABucket: fc.integer({ min: 1, max: 4 }),
  zonesAPartition: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
  chunkSizes: fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
  strays: fc.array(fc.nat(), { maxLength: 4 }),
  restart: fc.boolean(),
  stealAfterChunks: fc.constantFrom(0, 1, 1, 2),
  lookbackMs: fc.constantFrom(0, 60_000, 3_600_000),
  feed: feedOf,
  room: fc.record({ views: fc.constantFrom(1, 2, 64), denseVideos: fc.constantFrom(0, 1000) }),
});

/** A log in order of time but for `swaps`, so that partitions overlap only at their edges. */
const orderedLog = ({ date, zone }: Day) =>
  fc
    .tuple(
      denseLog({ date, zone, rowsMax: 80 }),
      fc.array(fc.nat(78), { maxLength: 4 }),
      fc.integer({ min: 1, max: 4 }),
    )
    .map(([{ rows, videos }, swaps, stretch]) => {
      const start = startOfDate(date, zone);
      const times = rows
        .map(({ viewedAt }) => (viewedAt === null ? null : start + Math.trunc(((viewedAt - start) * stretch) / 2)))
        .sort((a, b) => (a ?? 0) - (b ?? 0));
      for (const at of swaps) if (at + 1 < times.length) [times[at], times[at + 1]] = [times[at + 1], times[at]];
      return { rows: rows.map((row, at): LogRow => ({ ...row, viewedAt: times[at] })), videos };
    });

/** A whole run without a database: returns verdicts of the date, sums by video and quarantined ids. */
function simulate({ rows, videos }: Pick<Log, 'rows' | 'videos'>, { date, next, zone: of }: Day, cut: Cuts) {
  const dayStartMs = startOfDate(date, of);
  const frame: JudgeFrame = {
    dayStartMs,
    dayEndMs: startOfDate(next, of),
    lookbackStartMs: dayStartMs - cut.lookbackMs,
    policy: defaultViewPolicy,
  };
  const ids = [...videos.keys()].sort((a, b) => (a < b ? -1 : 1));
  const range = cut.directVideos && ids.length > 0 ? directRange(ids.length, ids[0], ids[ids.length - 1]) : undefined;
  const directory = new VideoDirectory(4, range);
  const videoBounds = ids.filter((_, at) => at % cut.videosABucket === cut.videosABucket - 1).slice(0, -1);
  for (const id of ids) {
    const creator = videos.get(id) ?? null;
    directory.add(...splitWords(id), creator !== null, ...splitWords(creator ?? 0n));
  }
  const denseBounds = videoBounds.map((id) => directory.numbersUpTo(id));
  const strays = new Set(rows.length === 0 ? [] : cut.strays.map((at) => rows[at % rows.length]));
  const zones: { zone: Zone; rows: LogRow[] }[] = [];
  for (let at = 0, z = 0; at < rows.length; z++) {
    const own = rows.slice(at, at + cut.zoneSizes[z % cut.zoneSizes.length]);
    at += own.length;
    const times = own.filter((row) => !strays.has(row) && row.viewedAt !== null).map((row) => row.viewedAt as number);
    const bounds = { minMs: Math.min(...times), maxMs: Math.max(...times) };
    zones.push({
      zone: {
        fromId: own[0].id,
        toId: own.at(-1)!.id,
        rows: own.length,
        idSum: 0,
        idSquareSum: 0,
        undated: 0,
        ...bounds,
        strays: [],
      },
      rows: own,
    });
  }
  const strayPairs = new Set(
    [...strays]
      .filter((row) => row.videoId !== null && row.viewerId !== null)
      .map((row) => pairKey(...splitWords(row.viewerId as bigint), ...splitWords(row.videoId as bigint))),
  );
  const verdicts = noVerdicts();
  const sums = new Map<bigint, [bigint, bigint, bigint]>();
  const quarantined: [bigint, string][] = [];
  const left = Array.from({ length: buckets }, () => new OpenViews());
  let openOfDay = 0;
  const collect = (chunk: JudgedChunk) => {
    for (const verdict of allVerdicts) verdicts[verdict] += chunk.verdicts[verdict];
    openOfDay += chunk.openOfDay;
    for (const { id, reason } of chunk.quarantined) quarantined.push([id, reason]);
    for (const [bucket, encoded] of chunk.open) left[bucket].addEncoded(encoded);
    for (const { bucket, body } of chunk.sums) {
      readVideoSums(body, (lo, hi, views, ads, play) => {
        const id = joinWords(lo, hi);
        expect(bucket).toBe(videoBounds.filter((bound) => id > bound).length);
        const [a, b, c] = sums.get(id) ?? [0n, 0n, 0n];
        sums.set(id, [a + BigInt(views), b + BigInt(ads), c + BigInt(play)]);
      });
    }
  };
  const partitions: (typeof zones)[] = [];
  for (let z = 0; z < zones.length; z += partitions.at(-1)!.length) {
    partitions.push(zones.slice(z, z + cut.zonesAPartition[partitions.length % cut.zonesAPartition.length]));
  }
  for (let own = partitions.shift(); own !== undefined; own = partitions.shift()) {
    let untouched = own;
    let last = own.at(-1)!.zone.toId;
    const [{ zone: first }] = own;
    const contested = () =>
      contestedBy(
        zones.map(({ zone: any }) => any),
        { minId: first.fromId, maxId: last },
        frame.lookbackStartMs,
        frame.policy.repeatWindowMs,
      );
    const open = () =>
      new ViewJudge({
        module,
        frame,
        videos: directory,
        contested: contested(),
        strayPairs: [...strayPairs],
        zones: own.map(({ zone: any }) => any),
        room: cut.room,
      });
    let judge = open();
    let flat = own.flatMap(({ zone: of, rows: some }) => some.map((row) => ({ of, row })));
    for (let at = 0, c = 0; at < flat.length; c++) {
      const chunk = flat.slice(at, at + cut.chunkSizes[c % cut.chunkSizes.length]);
      at += chunk.length;
      takeRows(
        judge,
        chunk.map(({ row }) => row),
        cut.feed,
      );
      expect(judge.lastId).toBe(chunk.at(-1)!.row.id);
      const decidedBefore = earliest(flat.slice(at).map(({ of }) => ({ zone: of })));
      judge.settle(decidedBefore);
      collect(judge.drain(buckets, denseBounds));
      untouched = untouched.filter(
        ({ zone: any }) => flat.slice(at).filter(({ of }) => of === any).length === any.rows,
      );
      const isAsked = (c + 1) % (cut.stealAfterChunks || Number.POSITIVE_INFINITY) === 0;
      // Where no row is less than a window after what may have been decided, as statistics-worker.ts cuts.
      const far = untouched.findIndex(
        (_, i) => earliest(untouched.slice(i)) >= decidedBefore + frame.policy.repeatWindowMs,
      );
      const isStolen = isAsked && far >= 0;
      if (isStolen) {
        const stolen = untouched.splice(far);
        partitions.push(stolen);
        flat = flat.filter(({ of }) => !stolen.some(({ zone: any }) => any === of));
        last = stolen[0].zone.fromId - 1n;
      }
      if (cut.restart || isStolen) {
        const saved = judge.save();
        judge = open();
        judge.restore(saved);
        expect(judge.save().equals(saved)).toBe(true);
      }
    }
    judge.settle(Number.POSITIVE_INFINITY);
    collect(judge.drain(buckets, denseBounds));
  }
  for (const views of left) {
    openOfDay -= resolveBucket(views, rows, videos, frame, verdicts, sums);
  }
  expect(openOfDay).toBe(0);
  return { verdicts, sums, quarantined };
}

function earliest(zones: readonly { zone: Zone }[]): number {
  return Math.min(Number.POSITIVE_INFINITY, ...zones.map(({ zone: { minMs } }) => minMs));
}

/** The merge, with the whole log before the look-back as history where it is asked for. Returns how many it decided. */
function resolveBucket(
  views: OpenViews,
  rows: readonly LogRow[],
  videos: ReadonlyMap<bigint, bigint | null>,
  frame: JudgeFrame,
  verdicts: VerdictCounts,
  sums: Map<bigint, [bigint, bigint, bigint]>,
): number {
  const base = { dayStartMs: frame.dayStartMs, repeatWindowMs: frame.policy.repeatWindowMs };
  let resolved = resolveOpenViews(views, { ...base, lookbackStartMs: frame.lookbackStartMs });
  if (resolved.needHistory.length > 0) {
    const wanted = new Set(resolved.needHistory.map((p) => pairKey(p.viewerLo, p.viewerHi, p.videoLo, p.videoHi)));
    for (const row of rows) {
      const { viewedAt, videoId, viewerId, playSeconds, adViews } = row;
      if (viewedAt === null || viewedAt >= frame.lookbackStartMs || videoId === null || viewerId === null) continue;
      const valid = videos.has(videoId) && playSeconds! >= 0 && playSeconds! <= 86_400 && adViews! >= 0;
      if (!valid || videos.get(videoId) === viewerId) continue;
      const key = [...splitWords(viewerId), ...splitWords(videoId)] as const;
      if (!wanted.has(pairKey(...key))) continue;
      const [idLo, idHi] = splitWords(row.id);
      const [viewerLo, viewerHi, videoLo, videoHi] = key;
      const amounts = { time: viewedAt, playSeconds: playSeconds!, adViews: adViews!, isSeed: false };
      views.add({ idLo, idHi, viewerLo, viewerHi, videoLo, videoHi, ...amounts });
    }
    resolved = resolveOpenViews(views, { ...base, lookbackStartMs: Number.NEGATIVE_INFINITY });
    expect(resolved.needHistory).toEqual([]);
  }
  for (const at of resolved.counted) {
    const id = joinWords(views.videoWords[2 * at], views.videoWords[2 * at + 1]);
    const [a, b, c] = sums.get(id) ?? [0n, 0n, 0n];
    sums.set(id, [a + 1n, b + BigInt(views.adViews[at]), c + BigInt(views.playSeconds[at])]);
  }
  verdicts.counted += resolved.counted.length;
  verdicts.repeat += resolved.repeats;
  return resolved.counted.length + resolved.repeats;
}

/** Says which seed a failure has, for a run that takes minutes. */
const runs = (normal: number) => (isThorough ? 25 * normal : normal);

describe('ViewJudge and resolveOpenViews', () => {
  const logOf = (day: Day) => fc.oneof(denseLog(day), orderedLog(day));
  const expectNaive = (day: Day, cut: typeof cuts, numRuns: number) =>
    fc.assert(
      fc.property(logOf(day), cut, (log, some) => {
        const expected = dailyStatistics(log.rows, log.videos, day.date, day.zone);
        const { verdicts, sums, quarantined } = simulate(log, day, some);
        expect({ ...verdicts, read: log.rows.length }).toEqual(expected.verdicts);
        expect([...sums].sort(([a], [b]) => (a < b ? -1 : 1))).toEqual(
          [...expected.sums].map(([id, s]) => [id, [s.views, s.adViews, s.playSeconds]]),
        );
        expect(quarantined.sort(([a], [b]) => (a < b ? -1 : 1))).toEqual(
          expected.quarantine.map(({ rowId, reason }) => [rowId, reason]),
        );
      }),
      { numRuns },
    );

  it.each(days)(
    'give the naive results for any zones, partitions, portions, strays and restarts: $date',
    (day) => {
      expectNaive(day, cuts, runs(1000));
    },
    3_600_000,
  );

  it('give the same when running partitions give up the zones that they have not touched', () => {
    const large = fc.record({
      zoneSizes: fc.constantFrom<number[][]>([1], [2], [5, 1]),
      zonesAPartition: fc.constant<number[]>([80]),
      chunkSizes: fc.constantFrom<number[][]>([1], [2], [5]),
      stealAfterChunks: fc.constantFrom(1, 2, 3),
    });
    expectNaive(
      days[0],
      fc.tuple(cuts, large).map(([cut, more]) => ({ ...cut, ...more })),
      runs(1000),
    );
  }, 3_600_000);
});
