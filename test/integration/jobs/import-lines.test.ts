/**
 * What becomes of single lines and columns on every dialect: bad lines of money files are set aside, ids are given beside
 * other writers, times are compared as instants, and a table that cannot take the rows is named before any is written.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { toBigInt } from '../../../src/database/values.ts';
import { importJob } from '../../../src/jobs/import/import-job.ts';
import { type ImportKind, type ImportOptions, importParameters } from '../../../src/jobs/import/import-parameters.ts';
import { verifyLedger } from '../../../src/ledger/verify-ledger.ts';
import { replaySkipped } from '../../../src/steps/replay.ts';
import { type JobRunResult, type RunJobOptions, runJob } from '../../../src/steps/run-job.ts';
import { readLog } from '../../oracles/read-log.ts';
import { freshPlatform, sampledDatabases, type TestDatabase } from '../../support/databases.ts';

const fixture = (name: string) => new URL(`../../fixtures/import/${name}`, import.meta.url).pathname;
const VIEWS = 'id,video_id,viewer_id,viewed_at,play_seconds,ad_views';
const MEMBERS = 'id,challenge_id,user_id,stake,joined_at,quit_at';

describe.each(sampledDatabases(import.meta.url))('lines and columns of imports on $name', ({ name }) => {
  let bench: TestDatabase;
  let database: Database;
  let folder: string;

  beforeEach(async () => {
    bench = await freshPlatform(name);
    database = await openDatabase(bench.url);
    folder = mkdtempSync(join(tmpdir(), 'settle-lines-'));
  });
  afterEach(async () => {
    await database.close();
    await bench.drop();
    rmSync(folder, { recursive: true });
  });

  async function run(
    kind: ImportKind,
    file: string,
    options: Omit<ImportOptions, 'file'> = {},
    how: RunJobOptions = {},
  ): Promise<JobRunResult> {
    const zoned = kind === 'grants' ? { dayZone: 'Asia/Seoul', ...options } : options;
    const { parameters, dispose } = await importParameters(kind, { file, ...zoned });
    try {
      return await runJob(database, importJob(kind), parameters, how);
    } finally {
      await dispose();
    }
  }
  function save(lines: readonly string[], file = 'lines.csv'): string {
    writeFileSync(join(folder, file), `${lines.join('\n')}\n`);
    return join(folder, file);
  }
  async function skipped(result: JobRunResult): Promise<[string, string][]> {
    const rows = await database
      .knex('settle_skipped')
      .where({ job_execution_id: result.execution.id })
      .orderBy(['step_execution_id', 'skip_no']);
    return rows.map((row) => [row.item_key, row.error]);
  }
  async function balances(type: string): Promise<Record<string, bigint>> {
    const rows = await database.knex('settle_account').where({ account_type: type }).select('owner_id', 'balance');
    return Object.fromEntries(rows.map((row) => [String(row.owner_id), toBigInt(row.balance)]));
  }
  async function replay(kind: ImportKind, result: JobRunResult) {
    const how = { logger: pino({ level: 'silent' }), signal: new AbortController().signal };
    const { replayed, failed } = await replaySkipped(database, importJob(kind), result.execution, how);
    return { replayed, failed: failed.map(({ error }) => error) };
  }
  const isSound = async () => (await verifyLedger(database)).violation === undefined;

  test('a bad line of a file of grants is set aside, and the others are posted', async () => {
    const padded = await run('grants', fixture('grants_padded_key.csv'));
    expect(padded).toMatchObject({ outcome: 'completed-with-skips', exitCode: 3 });
    expect(await skipped(padded)).toEqual([['line 3', 'line 3: key has blanks around it']]);
    expect(await balances('user')).toEqual({ 1: 10n, 2: 10n });

    // Fields too few and too many, in chunks of two, between good lines.
    const ragged = await run(
      'grants',
      save([
        'Key,USER_ID,amount,granted_at,expires_at,reason,note',
        'k1,3,1,2026-11-01,,r,n',
        'k2,3,1,2026-11-01,,r',
        'k3,3,1,1763607600,\\N,r,n',
        'k4,3,1,2026-11-01,\\N,r,n',
        'k5,3,\\N,2026-11-01,,r,n',
        'k6,3,1,2026-11-01,,r,n,x',
      ]),
      { nulls: ['\\N'] },
      { chunkSize: 2 },
    );
    expect(await skipped(ragged)).toEqual([
      ['line 3', 'line 3: 6 fields, expected 7'],
      ['line 4', expect.stringMatching(/^line 4: granted_at "1763607600" is a time only as seconds, .*--time-unit/)],
      ['line 6', 'line 6: amount is NULL ("\\\\N"), and cannot be'],
      ['line 7', 'line 7: 8 fields, expected 7'],
    ]);
    expect(await balances('user')).toEqual({ 1: 10n, 2: 10n, 3: 2n });
    expect(await replay('grants', ragged)).toMatchObject({ replayed: 0, failed: { length: 4 } });
    expect(await balances('user')).toEqual({ 1: 10n, 2: 10n, 3: 2n });
    expect(await isSound()).toBe(true);
  });

  test('a grant that would take an account beyond 63 bits is set aside', async () => {
    const beyond = await run('grants', fixture('grants_beyond_63_bits.csv'));
    expect(beyond).toMatchObject({ outcome: 'completed-with-skips', exitCode: 3 });
    expect(await skipped(beyond)).toEqual([
      ['line 3', expect.stringMatching(/would hold -?9223372036854775808 points/)],
    ]);
    expect(await balances('user')).toEqual({ 1: 2n ** 63n - 1n });
    expect(await isSound()).toBe(true);
  });

  test.each([5_000, 1])('a bad line of a file of members is set aside, in chunks of %d', async (chunkSize) => {
    await run('grants', save(['key,user_id,amount,granted_at,expires_at,reason', 'g,7,10,2026-05-01,,x'], 'g.csv'));
    await run('challenges', save(['id,start_date,end_date,stake', '1,2026-05-25,2026-05-31,5'], 'c.csv'));
    const lines = [
      MEMBERS,
      '1,1,7,4,2026-05-20 10:00:00,',
      'x,1,7,1,2026-05-20 10:00:00,',
      '2,1,7,1,2026-05-20',
      '3,1,7,0,2026-05-20 10:00:00,',
      '4,1,-7,1,2026-05-20 10:00:00,',
      '5,9,7,1,2026-05-20 10:00:00,',
      '6,1,7,9,2026-05-20 10:00:00,',
      // The first one again: as it is, with the news that it quit, and as another one.
      '1,1,7,4,2026-05-20 10:00:00,',
      '1,1,7,4,2026-05-20 10:00:00,2026-05-21 10:00:00',
      '1,1,7,3,2026-05-20 10:00:00,',
      '7,1,7,1,20260520100000,',
      '8,1,7,6,2026-05-20 10:00:00,',
    ];
    const result = await run('members', save(lines), {}, { chunkSize });
    expect(result).toMatchObject({ outcome: 'completed-with-skips', exitCode: 3 });
    expect(await skipped(result)).toEqual([
      ['line 3', 'line 3: id "x" is not a whole number'],
      ['line 4', 'line 4: 5 fields, expected 6'],
      ['line 5', 'line 5: stake "0" is outside of 1 to 2^63 - 1'],
      ['line 6', 'line 6: user_id "-7" is outside of 0 to 2^63 - 1'],
      ['line 7', 'line 7: member 5: there is no challenge 9'],
      ['line 8', 'line 8: member 6: user 7 has 6 points, and the stake is 9'],
      ['line 11', 'line 11: member 1: it is there already, with other values'],
      ['line 12', expect.stringMatching(/^line 12: joined_at "20260520100000" is a time only as compact/)],
    ]);
    const steps = await database.knex('BATCH_STEP_EXECUTION').where({ STEP_NAME: 'write-members' }).select();
    expect(steps).toMatchObject([{ READ_COUNT: 12, WRITE_COUNT: 3, FILTER_COUNT: 1, PROCESS_SKIP_COUNT: 8 }]);
    expect(await balances('escrow')).toEqual({ 1: 10n });
    expect(await balances('user')).toEqual({ 7: 0n });
    expect(await database.knex('challenge_member').orderBy('id').select('id', 'quit_at')).toMatchObject([
      { id: 1, quit_at: expect.stringMatching(/^2026-05-21 10:00:00/) },
      { id: 8, quit_at: null },
    ]);
    // What was missing comes: the line that lacked points joins, the others say again what is wrong.
    await run('grants', save(['key,user_id,amount,granted_at,expires_at,reason', 'h,7,9,2026-05-02,,x'], 'h.csv'));
    const again = await replay('members', result);
    expect(again).toMatchObject({ replayed: 1, failed: { length: 7 } });
    expect(await balances('escrow')).toEqual({ 1: 19n });
    expect(await isSound()).toBe(true);
  });

  test('rows without ids are numbered beside another writer, who takes the same id first', async () => {
    await run('views', save([VIEWS, '100,9,9,,1,0']));
    const file = fixture('views_without_ids.csv');
    if (name === 'sqlite') {
      expect(await run('views', file)).toMatchObject({ outcome: 'completed' });
    } else {
      // It holds id 101, and gives it up to nobody: the import waits for it, and has to begin anew behind it.
      const other = await openDatabase(bench.url);
      const tx = await other.knex.transaction();
      await tx('view_log').insert({ id: 101, video_id: 9, viewer_id: 9, play_seconds: 1, ad_views: 0 });
      const under = run('views', file);
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      await tx.commit();
      await other.close();
      expect(await under).toMatchObject({ outcome: 'completed', exitCode: 0 });
    }
    const { rows } = await readLog(bench.url);
    const first = name === 'sqlite' ? 101 : 102;
    expect(rows.slice(-4).map(({ id, videoId }) => [Number(id), Number(videoId)])).toEqual(
      [1, 2, 3, 4].map((videoId, index) => [first + index, videoId]),
    );
    expect(rows).toHaveLength(name === 'sqlite' ? 5 : 6);
  });

  test('a row that is there already is the same instant in whatever form', async () => {
    const whole = save([VIEWS, '1,2,3,2026-11-20 03:00:00,5,7', '2,2,3,2026-11-20T12:00:01+09:00,5,7', '3,2,3,,5,7']);
    const split = save([VIEWS, '4,2,3,2026-11-20 03:00:00.5,5,7'], 'split.csv');
    // Zones that have the same time on that day: each makes an instance of its own.
    const forms =
      name === 'sqlite'
        ? ["strftime('%Y-%m-%dT%H:%M:%SZ', viewed_at)", "strftime('%Y-%m-%d %H:%M:%S', viewed_at)"]
        : ['DATETIME NULL', 'DATETIME(6) NULL'];
    for (const [index, form] of forms.entries()) {
      await database.knex('view_log').del();
      if (name !== 'sqlite') await database.knex.raw(`ALTER TABLE view_log MODIFY viewed_at ${form}`);
      expect(await run('views', whole, { zone: ['Europe/London', 'Africa/Abidjan'][index] })).toMatchObject({
        outcome: 'completed',
      });
      if (name === 'sqlite') await database.knex.raw(`UPDATE view_log SET viewed_at = ${form}`);
      const again = await run('views', whole, { zone: ['Europe/Lisbon', 'Atlantic/Canary'][index] });
      expect(again.error).toBeUndefined();
      expect(again).toMatchObject({ outcome: 'completed', exitCode: 0 });
      expect(await database.knex('view_log').orderBy('id').pluck('id')).toEqual([1, 2, 3]);
      const moved = save([VIEWS, '2,2,3,2026-11-20 03:00:02,5,7'], 'moved.csv');
      const clash = await run('views', moved, { zone: ['Etc/UTC', 'UTC'][index] });
      expect(clash.error?.message).toBe('moved.csv line 2: id 2 is taken by a different row');
    }
    if (name === 'sqlite') return;
    expect(await run('views', split)).toMatchObject({ outcome: 'completed' });
    await database.knex('view_log').del();
    await database.knex.raw('ALTER TABLE view_log MODIFY viewed_at DATETIME NULL');
    const rounded = await run('views', split, { zone: 'Europe/London' });
    expect(rounded).toMatchObject({ outcome: 'failed', exitCode: 2 });
    expect(rounded.error?.message).toBe(
      'split.csv line 2: viewed_at 2026-11-20 03:00:00.500 is more exact than view_log.viewed_at, which is datetime',
    );
    expect((await readLog(bench.url)).rows).toEqual([]);
  });

  test('a table that cannot take the rows is named with its column, and keeps none', async () => {
    const views = save([VIEWS, '1,2,3,,5,7'], 'views.csv');
    const videos = save(['id', '1'], 'videos.csv');
    const { knex } = database;
    await knex.raw('ALTER TABLE video ADD COLUMN channel INTEGER NOT NULL DEFAULT 1');
    expect(await run('videos', videos)).toMatchObject({ outcome: 'completed' });
    await knex.raw('DROP TABLE video');
    await knex.raw('CREATE TABLE video (id BIGINT PRIMARY KEY, creator_id BIGINT, Channel VARCHAR(9) NOT NULL)');
    for (const [kind, file, options] of [
      ['views', views, { registerVideos: true }],
      ['videos', save(['id', '2'], 'more.csv'), {}],
    ] as const) {
      const result = await run(kind, file, options);
      expect(result).toMatchObject({ outcome: 'failed', exitCode: 2 });
      expect(result.error?.message).toMatch(/^video\.Channel is NOT NULL and has no default/);
    }
    // Videos are not asked for: that table is not in the way.
    expect(await run('views', views)).toMatchObject({ outcome: 'completed' });

    await knex.raw('DROP TABLE view_log');
    await knex.raw(
      'CREATE TABLE view_log (id BIGINT PRIMARY KEY, video_id BIGINT, viewer_id VARCHAR(20), viewed_at DATETIME, play_seconds INT, ad_views INT)',
    );
    const text = await run('views', save([VIEWS, '2,2,3,,5,7'], 'more.csv'));
    expect(text).toMatchObject({ outcome: 'failed', exitCode: 2 });
    expect(text.error?.message).toMatch(/^view_log\.viewer_id is varchar\(20\), which settle cannot use as a whole/i);
    expect(await knex('view_log')).toEqual([]);
  });
});
