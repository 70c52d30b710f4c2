/** Imports on every dialect: the real files against a reading of their own, restarts, clashes, and both kinds of file. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { DateTime } from 'luxon';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { importJob } from '../../../src/jobs/import/import-job.ts';
import { type ImportKind, type ImportOptions, importParameters } from '../../../src/jobs/import/import-parameters.ts';
import { type JobRunResult, type RunJobOptions, runJob } from '../../../src/steps/run-job.ts';
import type { LogRow } from '../../oracles/daily-statistics.ts';
import { readLog } from '../../oracles/read-log.ts';
import { freshPlatform, type TestDatabase, testDatabases } from '../../support/databases.ts';
import { isThorough } from '../../support/thorough.ts';

const KUAIRAND = new URL('../../../seeds/samples/kuairand-watch/views.csv.gz', import.meta.url).pathname;
const BIKESHARE = new URL('../../fixtures/bikeshare/bayarea_views.csv.gz', import.meta.url).pathname;
const HEADER = 'id,video_id,viewer_id,viewed_at,play_seconds,ad_views';

describe.each(testDatabases())('import on $name', ({ name }) => {
  let bench: TestDatabase;
  let database: Database;
  let folder: string;

  beforeEach(async () => {
    bench = await freshPlatform(name);
    database = await openDatabase(bench.url);
    folder = mkdtempSync(join(tmpdir(), 'settle-test-'));
  });
  afterEach(async () => {
    await database.close();
    await bench.drop();
    rmSync(folder, { recursive: true });
  });

  function save(text: string, file = 'views.csv'): string {
    const path = join(folder, file);
    writeFileSync(path, text);
    return path;
  }
  async function run(kind: ImportKind, options: ImportOptions, how: RunJobOptions = {}): Promise<JobRunResult> {
    const { parameters, dispose } = await importParameters(kind, options);
    try {
      return await runJob(database, importJob(kind), parameters, how);
    } finally {
      await dispose();
    }
  }
  /** Runs to the end; throws what the job failed with. */
  async function load(kind: ImportKind, options: ImportOptions): Promise<JobRunResult> {
    const result = await run(kind, options);
    if (result.outcome === 'failed') throw result.error;
    return result;
  }

  test('kuairand: every row, and the videos that it names', async () => {
    await load('views', { file: KUAIRAND, map: 'viewer_id=user_id', registerVideos: true });
    const expected = plainRead(KUAIRAND, (text) => Date.parse(text));
    const log = await readLog(bench.url);
    expect(log.rows).toHaveLength(41_828);
    expect(linesOf(log.rows)).toBe(linesOf(expected));
    expect(log.videos.size).toBe(9_359);
    expect([...log.videos.values()].every((creatorId) => creatorId === null)).toBe(true);
  });

  // The servers take the whole log in daily/real-logs.
  test.runIf(isThorough || name === 'sqlite')('bikeshare: local times of San Francisco', async () => {
    await load('views', { file: BIKESHARE, map: 'viewer_id=user_id', zone: 'America/Los_Angeles' });
    const log = await readLog(bench.url);
    expect(log.rows).toHaveLength(326_339);
    const expected = plainRead(BIKESHARE, memoize(firstInstantInSanFrancisco));
    expected.sort((a, b) => Number(a.id - b.id));
    expect(linesOf(log.rows)).toBe(linesOf(expected));
  });

  test('the same file again is already complete, and takes nothing in twice', async () => {
    const file = save(`${HEADER}\n1,2,3,2024-01-01T00:00:00Z,10,0\n`);
    expect((await run('views', { file })).outcome).toBe('completed');
    expect((await run('views', { file })).outcome).toBe('already-complete');
    // Another instance, because more is asked for: the row is there, the video is added.
    expect((await run('views', { file, registerVideos: true })).outcome).toBe('completed');
    const log = await readLog(bench.url);
    expect(log.rows).toHaveLength(1);
    expect(log.videos).toEqual(new Map([[2n, null]]));
  });

  test('a malformed line ends the import before anything is written', async () => {
    const lines = Array.from({ length: 20_000 }, (_, i) => `${i + 1},1,1,2024-01-01T00:00:00Z,1,0`);
    const file = save([HEADER, ...lines, 'x,1,1,,1,0', ''].join('\n'));
    const result = await run('views', { file });
    expect(result).toMatchObject({ outcome: 'failed', exitCode: 2 });
    expect(result.error?.message).toBe('views.csv line 20002: id "x" is not a whole number');
    expect((await readLog(bench.url)).rows).toEqual([]);
    save([HEADER, ...lines, ''].join('\n'));
    expect((await run('views', { file })).outcome).toBe('completed');
    expect((await readLog(bench.url)).rows).toHaveLength(20_000);
  });

  test('an import that was stopped goes on after its last committed row', async () => {
    // Without ids: rows that were written twice would be seen.
    const lines = Array.from({ length: 1_000 }, (_, i) => `${i},${i},,1`);
    const file = save(['video_id,viewer_id,viewed_at,play_seconds', ...lines, ''].join('\n'));
    const stop = new AbortController();
    const stopped = await run(
      'views',
      { file, registerVideos: true },
      {
        chunkSize: 100,
        signal: stop.signal,
        progress: (event) => {
          if (event.type === 'advanced' && event.step === 'write-views' && event.rowsDone >= 300) stop.abort();
        },
      },
    );
    expect(stopped.outcome).toBe('stopped');
    expect((await readLog(bench.url)).rows).toHaveLength(300);
    // A larger id has come in meanwhile.
    await database.knex('view_log').insert({ id: 5000, video_id: 1, viewer_id: 1, play_seconds: 0, ad_views: 0 });
    expect((await run('views', { file, registerVideos: true }, { chunkSize: 70 })).outcome).toBe('completed');
    const log = await readLog(bench.url);
    const imported = log.rows.filter(({ id }) => id !== 5000n);
    expect(imported.map(({ videoId }) => Number(videoId))).toEqual(lines.map((_, i) => i));
    expect(imported.at(-1)?.id).toBe(5700n);
    expect(log.videos.size).toBe(1_000);
  });

  test('ids: the same row is passed over, another row under the same id ends the import', async () => {
    const huge = '9223372036854775807';
    const one = `${HEADER}\n1,2,3,2024-01-01T00:00:00.123Z,10,1\n${huge},9007199254740993,3,,10,0\n`;
    await load('views', { file: save(one) });
    const both = await run('views', { file: save(`${one}5,2,3,,10,0\n5,2,3,,10,0\n`, 'more.csv') });
    expect(both.outcome).toBe('completed');
    const before = await readLog(bench.url);
    expect(before.rows.map(({ id }) => id)).toEqual([1n, 5n, 2n ** 63n - 1n]);
    for (const [line, clash] of [
      [4, `${one}5,2,4,,10,0\n`],
      [4, `${one}${huge},9007199254740992,3,,10,0\n`],
      [3, `${HEADER}\n7,1,1,,1,0\n7,1,1,,2,0\n`],
    ] as const) {
      const result = await run('views', { file: save(clash, 'clash.csv') });
      expect(result).toMatchObject({ outcome: 'failed', exitCode: 2 });
      expect(result.error?.message).toMatch(
        new RegExp(`^clash.csv line ${line}: id \\d+ is taken by a different row$`),
      );
    }
    expect(await readLog(bench.url)).toEqual(before);
  });

  test('no ids left to give', async () => {
    await load('views', { file: save(`${HEADER}\n9223372036854775807,1,1,,1,0\n`) });
    const result = await run('views', { file: save('video_id,viewer_id,viewed_at,play_seconds\n1,1,,1\n', 'b.csv') });
    expect(result.error?.message).toContain('no ids left');
  });

  test('videos: the file is right about creators; without that column it only adds', async () => {
    await database.knex('video').insert([
      { id: 1, creator_id: null },
      { id: 2, creator_id: 20 },
      { id: 3, creator_id: 30 },
    ]);
    await load('videos', { file: save('id\tauthor\n1\t10\n2\t21\n4\t\n', 'a.tsv'), map: 'creator_id=author' });
    await load('videos', { file: save('id\n1\n5\n', 'b.csv') });
    expect((await readLog(bench.url)).videos).toEqual(
      new Map<bigint, bigint | null>([
        [1n, 10n],
        [2n, 21n],
        [3n, 30n],
        [4n, null],
        [5n, null],
      ]),
    );
  });
});

/** Luxon may answer either of the two instants of a local time that comes twice; the first is the rule. */
function firstInstantInSanFrancisco(text: string): number {
  const instant = DateTime.fromISO(text, { zone: 'America/Los_Angeles' });
  const hourBefore = instant.minus({ hours: 1 });
  const comesTwice = hourBefore.hour === instant.hour;
  return (comesTwice ? hourBefore : instant).toMillis();
}

function memoize(parse: (text: string) => number): (text: string) => number {
  const known = new Map<string, number>();
  return (text) => {
    const instant = known.get(text) ?? parse(text);
    known.set(text, instant);
    return instant;
  };
}

/** As text: comparing some 300,000 objects takes half a minute. */
function linesOf(rows: readonly LogRow[]): string {
  return rows.map((row) => Object.values(row).join()).join('\n');
}

/** The sample files hold plain numbers and no quotes: split is enough to read them another way. */
function plainRead(path: string, parseTime: (text: string) => number): LogRow[] {
  const [header, ...lines] = gunzipSync(readFileSync(path)).toString().trimEnd().split('\n');
  const column = (name: string) => header.split(',').indexOf(name);
  const [id, user, video, time, play] = ['id', 'user_id', 'video_id', 'viewed_at', 'play_seconds'].map(column);
  return lines.map((line) => {
    const fields = line.split(',');
    return {
      id: BigInt(fields[id]),
      videoId: BigInt(fields[video]),
      viewerId: BigInt(fields[user]),
      viewedAt: parseTime(fields[time]),
      playSeconds: Number(fields[play]),
      adViews: 0,
    };
  });
}
