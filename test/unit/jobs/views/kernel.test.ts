/** The kernel by itself: what it is built of, how it reads bytes, and what it does with bytes that are no rows. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ColumnDefinition } from '../../../../src/database/binary-columns.ts';
import { BinaryRows } from '../../../../src/database/binary-rows.ts';
import { ColumnBatch } from '../../../../src/database/column-batch.ts';
import { isPlanOutdated, isSettleError } from '../../../../src/errors.ts';
import { compiler, hashSource } from '../../../../src/jobs/views/kernel/build.ts';
import { compileKernel } from '../../../../src/jobs/views/kernel/kernel-module.ts';
import { type FirstRoom, type JudgedChunk, ViewJudge } from '../../../../src/jobs/views/kernel/view-judge.ts';
import { viewLogColumns } from '../../../../src/jobs/views/log/view-log.ts';
import { unionOf } from '../../../../src/jobs/views/rules/intervals.ts';
import { defaultViewPolicy } from '../../../../src/jobs/views/rules/verdict.ts';
import { directRange, VideoDirectory } from '../../../../src/jobs/views/rules/video-directory.ts';
import { readVideoSums } from '../../../../src/jobs/views/rules/video-sums.ts';
import { joinWords, splitWords } from '../../../../src/rules/words.ts';
import type { LogRow } from '../../../oracles/daily-statistics.ts';
import { isThorough } from '../../../support/thorough.ts';
import { packetOf, takeRows, usualTypes } from '../../../support/view-rows.ts';

const folder = new URL('../../../../src/jobs/views/kernel/', import.meta.url);
const wasm = readFileSync(new URL('kernel.wasm', folder));
const module = await compileKernel();
const dayStartMs = Date.UTC(2026, 10, 19, 15);
const [TINY, SHORT, LONG, TIMESTAMP, LONGLONG, INT24, DATE, DATETIME, YEAR] = [1, 2, 3, 7, 8, 9, 10, 12, 13];
const UNSIGNED = 32;

/** Videos 1 to 40, or scattered ones among them; video v is by viewer 10 v. */
function directoryOf(isDirect: boolean): VideoDirectory {
  const ids = Array.from(
    { length: 40 },
    (_, at) => BigInt(at + 1) * (isDirect ? 1n : 2n ** 33n) - (isDirect ? 0n : 3n),
  );
  const directory = new VideoDirectory(4, isDirect ? directRange(40, ids[0], ids[39]) : undefined);
  for (const id of ids) directory.add(...splitWords(id), true, ...splitWords(id * 10n));
  return directory;
}

function judgeOf(videos = directoryOf(true), room?: FirstRoom): ViewJudge {
  const frame = { dayStartMs, dayEndMs: dayStartMs + 86_400_000, lookbackStartMs: dayStartMs - 60_000 };
  return new ViewJudge({
    module,
    frame: { ...frame, policy: defaultViewPolicy },
    videos,
    contested: unionOf([]),
    strayPairs: [],
    zones: [{ toId: 2n ** 63n - 1n, minMs: Number.NEGATIVE_INFINITY, maxMs: Number.POSITIVE_INFINITY }],
    room,
  });
}

/** Sums by video, verdicts and quarantine of all that a judge has taken. */
function resultsOf(judge: ViewJudge) {
  judge.settle(Number.POSITIVE_INFINITY);
  return listed(judge.drain(1));
}

function listed({ verdicts, quarantined, sums }: JudgedChunk) {
  const byVideo = new Map<bigint, number[]>();
  for (const { body } of sums) readVideoSums(body, (lo, hi, ...three) => byVideo.set(joinWords(lo, hi), three));
  return { verdicts, quarantined, byVideo };
}

const definitionsOf = (types: readonly (readonly [number, number])[]): ColumnDefinition[] =>
  types.map(([columnType, flags], c) => ({ name: viewLogColumns[c].name, columnType, flags }));

describe('kernel.wasm', () => {
  it('is built of this source: after a change run `make kernel`', () => {
    const noted = JSON.parse(readFileSync(new URL('kernel.json', folder), 'utf8'));
    const found = { compiler, source: hashSource(), wasm: createHash('sha256').update(wasm).digest('hex') };
    expect(found).toEqual(noted);
  });

  it.runIf(isThorough)(
    'is the same to the byte when it is built again',
    async ({ skip }) => {
      const to = mkdtempSync(join(tmpdir(), 'settle-kernel-'));
      const build = `node ${new URL('build.ts', folder).pathname} "$PATH" ${to}`;
      try {
        const run = promisify(execFile);
        const args = ['exec', '--yes', `--package=${compiler}`, '--'];
        const isThere = await run('npm', [...args, 'true']).then(
          () => true,
          () => false,
        );
        skip(!isThere, 'the compiler cannot be installed here');
        await run('npm', [...args, 'sh', '-c', build]);
        expect(readFileSync(join(to, 'kernel.wasm')).equals(wasm)).toBe(true);
      } finally {
        rmSync(to, { recursive: true });
      }
    },
    900_000,
  );
});

describe('rows as bytes', () => {
  const integer = fc.constantFrom<[number, number][]>(
    ...[TINY, SHORT, INT24, LONG, LONGLONG].flatMap((type): [number, number][] => [
      [type, 0],
      [type, UNSIGNED],
    ]),
    [YEAR, UNSIGNED],
  );
  const time = fc.constantFrom<[number, number][]>([DATETIME, 0], [TIMESTAMP, 0], [DATE, 0]);
  const types = fc.oneof(
    fc.constant(usualTypes),
    fc.tuple(fc.constant<[number, number]>([LONGLONG, 0]), integer, integer, time, integer, integer),
  );
  const widths = new Map([
    [TINY, 1],
    [SHORT, 2],
    [YEAR, 2],
    [INT24, 4],
    [LONG, 4],
    [LONGLONG, 8],
  ]);
  const small = fc.bigInt({ min: -2n, max: 45n });
  const scattered = small.map((video) => video * 2n ** 33n - 3n);
  const any64 = fc.oneof(small, small, small, scattered, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }));
  const limits = fc.constantFrom(86_400n, 86_401n, 2n ** 53n - 1n, 2n ** 53n, -(2n ** 53n), -1n, 2n ** 63n - 1n);
  const timeBytes = fc.oneof(
    fc.constantFrom([0], [4, 0xea, 7, 11, 20], [7, 0xea, 7, 11, 20, 3, 4, 5], [4, 0xea, 7, 2, 29], [4, 0xea, 7, 0, 1]),
    fc.constantFrom(
      [11, 0xea, 7, 11, 19, 14, 59, 59, 0x38, 0x4a, 0x0f, 0],
      [11, 0xea, 7, 11, 20, 15, 0, 0, 0xe8, 3, 0, 0],
    ),
    fc
      .tuple(fc.constantFrom(4, 7, 11), fc.array(fc.nat(255), { minLength: 11, maxLength: 11 }))
      .map(([length, bytes]) => [length, ...bytes.slice(0, length)]),
  );
  const row = fc.record({
    nulls: fc.oneof(
      fc.constant(0),
      fc.constant(0),
      fc.nat(31).map((bits) => bits << 1),
    ),
    values: fc.tuple(any64, any64, fc.oneof(any64, limits), fc.oneof(any64, limits)),
    time: timeBytes,
  });

  it('are read as the columns of a batch are, whatever their types, NULLs and values', () => {
    fc.assert(
      fc.property(types, fc.array(row, { maxLength: 30 }), fc.boolean(), (some, rows, isDirect) => {
        const bytes = Buffer.concat(
          rows.map(({ nulls, values: [video, viewer, play, ads], time: written }, at) => {
            const fields = [BigInt(at + 1), video, viewer, null, play, ads].map((value, c) => {
              if ((nulls >> c) & 1) return Buffer.alloc(0);
              if (value === null) return Buffer.from(written);
              const field = Buffer.alloc(8);
              field.writeBigInt64LE(value);
              return field.subarray(0, widths.get(some[c][0]));
            });
            const payload = Buffer.concat([Buffer.of(0, nulls << 2), ...fields]);
            return Buffer.concat([Buffer.of(payload.length, 0, 0, at), payload]);
          }),
        );
        const definitions = definitionsOf(some);
        const [asBytes, asValues] = [judgeOf(directoryOf(isDirect)), judgeOf(directoryOf(isDirect))];
        const decoder = asBytes.decoder(definitions, viewLogColumns);
        expect(decoder.decode(bytes, 0)).toBe(bytes.length);
        expect(decoder).toMatchObject({ rows: rows.length, failure: undefined });
        const batch = new ColumnBatch(viewLogColumns, 40);
        const columns = new BinaryRows(definitions, batch);
        expect(columns.decode(bytes, 0)).toBe(bytes.length);
        expect(batch.unreadable).toBeUndefined();
        asValues.take(batch);
        expect(resultsOf(asBytes)).toEqual(resultsOf(asValues));
      }),
      { numRuns: isThorough ? 20_000 : 500 },
    );
  });

  it('whose values are beyond their columns go to the quarantine with what the bytes say', () => {
    const types = usualTypes.map(([type], c): [number, number] =>
      type === DATETIME ? [type, 0] : [LONGLONG, c === 2 ? UNSIGNED : 0],
    );
    const fine = { videoId: 1n, viewerId: 2n, viewedAt: dayStartMs, playSeconds: 3, adViews: 1 };
    const rows = [
      { id: 1n, ...fine, adViews: 2 ** 53 },
      { id: 2n, ...fine, playSeconds: -(2 ** 53) },
      { id: 3n, ...fine, viewerId: -1n },
      { id: 4n, ...fine },
    ];
    const judge = judgeOf();
    takeRows(judge, rows, { types, pieceBytes: 100 });
    const { verdicts, quarantined } = resultsOf(judge);
    expect(verdicts).toMatchObject({ counted: 1, invalid: 3 });
    expect(quarantined.map(({ id, reason, payload }) => [id, reason, payload])).toEqual([
      [1n, 'unreadable-ad-views', expect.objectContaining({ ad_views: '9007199254740992', play_seconds: 3 })],
      [2n, 'unreadable-play-seconds', expect.objectContaining({ play_seconds: '-9007199254740992', ad_views: 1 })],
      [3n, 'unreadable-viewer', expect.objectContaining({ viewer_id: '18446744073709551615', video_id: '1' })],
    ]);
  });

  it('may be anything: nothing is read or written beyond its place, and nothing runs for ever', () => {
    const valid = packetOf(
      { id: 1n, videoId: 1n, viewerId: 2n, viewedAt: dayStartMs + 5, playSeconds: 3, adViews: 1 },
      usualTypes,
    );
    const mutated = fc
      .tuple(fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }), fc.nat(60))
      .map(([changes, cut]) => {
        const packet = Buffer.from(valid);
        for (const [at, byte] of changes) packet[at % packet.length] = byte;
        return packet.subarray(0, packet.length - (cut > 50 ? cut - 50 : 0));
      });
    const noise = fc.uint8Array({ maxLength: 120 }).map((bytes) => Buffer.from(bytes));
    const judge = judgeOf();
    fc.assert(
      fc.property(types, fc.array(fc.oneof(mutated, noise), { maxLength: 20 }), (some, pieces) => {
        const bytes = Buffer.concat(pieces);
        const decoder = judge.decoder(definitionsOf(some), viewLogColumns);
        try {
          const stopped = decoder.decode(bytes, 0);
          expect(stopped >= 0 && stopped <= bytes.length).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ name: 'BrokenRow' });
        }
        if (decoder.failure !== undefined) expect(isSettleError(decoder.failure)).toBe(true);
        judge.settle(dayStartMs + 1000);
        judge.drain(3);
      }),
      { numRuns: isThorough ? 100_000 : 3000 },
    );
  });
});

describe('a checkpoint', () => {
  const rows: LogRow[] = Array.from({ length: 60 }, (_, at) => ({
    id: BigInt(at + 1),
    videoId: BigInt(1 + (at % 7)),
    viewerId: BigInt(1000 + (at % 5)),
    viewedAt: dayStartMs + 1000 * ((at * 37) % 90),
    playSeconds: at,
    adViews: at % 3,
  }));
  const saved = () => {
    const judge = judgeOf();
    takeRows(judge, rows, { types: usualTypes, pieceBytes: 4000 });
    judge.settle(dayStartMs + 45_000);
    judge.drain(1);
    return { bytes: judge.save(), rest: resultsOf(judge) };
  };

  it('of 0.1.0 is taken over: its form is the same, and its version 0', () => {
    const { bytes, rest } = saved();
    expect(bytes.readInt32LE(8)).toBe(1);
    bytes.writeInt32LE(0, 8);
    const judge = judgeOf();
    judge.restore(bytes);
    expect(resultsOf(judge)).toEqual(rest);
  });

  it('of another version, of videos that are gone, or of no such form is refused: the date is planned anew', () => {
    const { bytes } = saved();
    const later = Buffer.from(bytes);
    later.writeInt32LE(2, 8);
    const empty = new VideoDirectory(1);
    empty.add(9, 9, false, 0, 0);
    for (const [state, videos] of [
      [later, directoryOf(true)],
      [bytes, empty],
      [bytes.subarray(0, 8), directoryOf(true)],
      [bytes.subarray(0, bytes.length - 3), directoryOf(true)],
      [Buffer.alloc(0), directoryOf(true)],
    ] as const) {
      expect(() => judgeOf(videos).restore(state)).toThrow(expect.objectContaining({ code: 'PLAN_OUTDATED' }));
    }
  });

  it('may be anything: it is refused, or what it says is taken', () => {
    const { bytes } = saved();
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }), fc.nat(80), (changes, cut) => {
        const state = Buffer.from(bytes.subarray(0, bytes.length - cut));
        for (const [at, byte] of changes) state[at % state.length] = byte;
        const judge = judgeOf();
        try {
          judge.restore(state);
        } catch (error) {
          expect(isPlanOutdated(error)).toBe(true);
          return;
        }
        expect(judge.save().length).toBe(state.length);
        resultsOf(judge);
      }),
      { numRuns: isThorough ? 20_000 : 300 },
    );
  });
});

describe('memory', () => {
  it('grows for any number of views, open ones and sums, whatever it begins with, and once more after a burst', () => {
    const views = (first: number, fromMs: number): LogRow[] =>
      Array.from({ length: 40_000 }, (_, at) => ({
        id: BigInt(first + at),
        videoId: BigInt(1 + (at % 40)) * 2n ** 33n - 3n,
        viewerId: at % 10 === 0 ? 77n : BigInt(100_000 + at),
        viewedAt: dayStartMs + fromMs + ((at * 7919) % 40_000_000),
        playSeconds: 1,
        adViews: 2,
      }));
    const judges = [judgeOf(directoryOf(false), { views: 1, denseVideos: 0 }), judgeOf(directoryOf(false))];
    const results = judges.map((judge) => {
      for (const [first, fromMs] of [
        [1, 0],
        [100_001, 40_000_000],
      ]) {
        takeRows(judge, views(first, fromMs), { types: usualTypes, pieceBytes: 3_000_000 });
        expect(judge.waiting).toBe(40_000);
        judge.settle(dayStartMs + fromMs + 40_000_000);
      }
      return resultsOf(judge);
    });
    expect(results[0]).toEqual(results[1]);
    expect(results[0].verdicts.counted + results[0].verdicts.repeat).toBe(80_000);
    expect(results[0].byVideo.size).toBe(40);
  });

  it('takes no two pairs for one, of whatever hash', () => {
    const videos = new VideoDirectory(1, directRange(150_000, 1n, 150_000n));
    for (let id = 1; id <= 150_000; id++) videos.add(id, 0, false, 0, 0);
    const like = { id: 1n, videoId: 7n, viewerId: 7n, viewedAt: dayStartMs + 5, playSeconds: 1, adViews: 0 };
    const packet = packetOf(like, usualTypes);
    const [idAt, videoAt, viewerAt] = [6, 14, 22];
    for (const changing of [videoAt, viewerAt]) {
      const bytes = Buffer.alloc(150_000 * packet.length);
      for (let row = 0; row < 150_000; row++) {
        packet.copy(bytes, row * packet.length);
        bytes.writeUInt32LE(row + 1, row * packet.length + idAt);
        bytes.writeUInt32LE(row + 1, row * packet.length + changing);
      }
      const judge = judgeOf(videos);
      expect(judge.decoder(definitionsOf(usualTypes), viewLogColumns).decode(bytes, 0)).toBe(bytes.length);
      expect(resultsOf(judge).verdicts).toMatchObject({ counted: 150_000, repeat: 0 });
    }
  });

  it('that has an end is told in one line that says what to do', () => {
    expect(() => judgeOf(directoryOf(true), { views: 2 ** 26, denseVideos: 0 })).toThrow(
      expect.objectContaining({ code: 'OUT_OF_MEMORY', hint: expect.stringContaining('--workers') }),
    );
  });

  it('holds sums exactly: one past 2^53 is refused, not rounded', () => {
    const judge = judgeOf();
    const large = { videoId: 1n, viewedAt: dayStartMs, playSeconds: 1, adViews: 2 ** 53 - 1 };
    const rows = [1n, 2n].map((id) => ({ id, viewerId: id, ...large }));
    const types = usualTypes.map(([type, flags], c): [number, number] => (c === 5 ? [LONGLONG, 0] : [type, flags]));
    takeRows(judge, rows.slice(0, 1), { types, pieceBytes: 100 });
    judge.settle(Number.POSITIVE_INFINITY);
    expect(listed(judge.drain(1)).byVideo).toEqual(new Map([[1n, [1, 2 ** 53 - 1, 1]]]));
    const two = judgeOf();
    takeRows(two, rows, { types, pieceBytes: 100 });
    two.settle(Number.POSITIVE_INFINITY);
    expect(() => two.drain(1)).toThrow(expect.objectContaining({ code: 'SUM_TOO_LARGE' }));
  });
});
