/** A date's way through the command line: seed, plan, run, look, verify, run again. stdout is data only. */
import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { freshDatabase, freshPlatform, sampledDatabases, type TestDatabase } from '../../support/databases.ts';
import { runSettle, SETTLE } from '../../support/run-settle.ts';

const DATE = '2026-11-20';
const ROWS = 20_000;

describe.each(sampledDatabases(import.meta.url))('on $name', ({ name }) => {
  let database: TestDatabase;
  const run = (...args: string[]) => runSettle(args, { url: database.url });
  const json = async (...args: string[]) => JSON.parse((await run(...args, '--json')).stdout);

  beforeAll(async () => {
    database = await freshDatabase(name);
    expect(await run('migrate')).toMatchObject({ code: 0, stderr: '' });
    // More videos than rows: they are not what was asked for.
    const options = ['--videos', '25000', '--viewers', '900', '--invalid-rate', '0.01', '--seed', '5'];
    const seeded = await run('seed', '--rows', String(ROWS), '--date', DATE, ...options);
    expect(seeded).toMatchObject({ code: 0, stdout: expect.stringContaining('20,000 rows') });
  });
  afterAll(() => database.drop());

  test('--dry-run prints ranges and rows, and runs nothing', async () => {
    const plan = await json('run', 'daily', '--date', DATE, '--dry-run', '--partitions', '3');
    const [statistics] = plan.steps;
    expect(statistics).toMatchObject({ name: 'daily-statistics', kind: 'partitioned', frozen: false });
    expect(statistics.rowsExpected).toBeGreaterThanOrEqual(ROWS * 0.9);
    expect((await json('runs')).map(({ job }: { job: string }) => job)).toEqual(['seed']);
  });

  test('settle --date runs daily and tells what came of it; skipped records make it exit code 3', async () => {
    const { code, stdout, stderr } = await run('--date', DATE, '--workers', '2', '--partitions', '3');
    expect(code).toBe(3);
    expect(stdout).toMatch(new RegExp(`^daily ${DATE}: COMPLETED in .*20,000 rows, [\\d,]+ rows/s \\(execution 2\\)`));
    expect(stdout).toMatch(/^ +read +20,000$/m);
    for (const line of stderr.trim().split('\n')) {
      expect(JSON.parse(line)).toMatchObject({ job: 'daily', execution: 2, level: 'info' });
    }
  });

  test('show --json has what scripts rely on', async () => {
    const view = await json('show', '--last');
    expect(view).toMatchObject({
      id: 2,
      job: 'daily',
      instanceId: 2,
      parameters: { date: DATE, zone: 'Asia/Seoul' },
      status: 'COMPLETED',
      exitCode: 'COMPLETED',
      durationMs: expect.any(Number),
      verdicts: { read: ROWS },
    });
    expect(Date.parse(view.endTime) - Date.parse(view.startTime)).toBe(view.durationMs);
    const { read, ...verdicts } = view.verdicts;
    expect(Object.keys(verdicts).sort()).toEqual(['counted', 'invalid', 'outside', 'repeat', 'self', 'undated']);
    expect(Object.values(verdicts as Record<string, number>).reduce((sum, rows) => sum + rows)).toBe(read);
    const [statistics] = view.steps;
    expect(statistics).toMatchObject({
      name: 'daily-statistics',
      status: 'COMPLETED',
      readCount: ROWS,
      readSkipCount: 0,
      processSkipCount: view.verdicts.invalid,
      writeSkipCount: 0,
      rollbackCount: 0,
    });
    for (const key of ['writeCount', 'filterCount', 'commitCount', 'startTime', 'endTime'])
      expect(statistics).toHaveProperty(key);
    expect(statistics.partitions.length).toBeGreaterThan(1);
  });

  test('show has the contexts', async () => {
    const { context, steps } = await json('show', '2');
    expect(context).toMatchObject({ 'batch.version': expect.any(String), verdicts: { read: ROWS } });
    expect(steps[0].context).toHaveProperty('batch.version');
    const { stdout } = await run('show', '2');
    // The verdicts are a table of their own.
    expect(stdout).toMatch(/^context of the job\n {2}usage {2}\{"workers":\d+,"cpuMs":\d+,"peakMb":\d+\}\n\n/m);
  });

  test('show and runs are readable', async () => {
    const { stdout } = await run('show', '2');
    for (const text of ['verdict', 'partitions of daily-statistics', 'COMPLETED', `settle stats --date ${DATE}`]) {
      expect(stdout).toContain(text);
    }
    expect((await run('runs')).stdout.split('\n')[1]).toMatch(/^ *2 +daily +2026-11-20 +COMPLETED .* 20,000 /);
  });

  test('stats are the same sums in every form', async () => {
    const { stdout: csv } = await run('stats', '--date', DATE, '--format', 'csv');
    const [header, ...lines] = csv.trimEnd().split('\n');
    expect(header).toBe('video_id,views,ad_views,play_seconds');
    const rows = lines.map((line) => line.split(',').map(Number));
    expect(rows.map(([id]) => id)).toEqual(rows.map(([id]) => id).sort((a, b) => a - b));
    const views = rows.reduce((sum, row) => sum + row[1], 0);
    expect(views).toBe((await json('show', '2')).verdicts.counted);

    const week = JSON.parse((await run('stats', '--date', DATE, '--period', 'week', '--format', 'json')).stdout);
    expect(await json('stats', '--date', DATE, '--period', 'week')).toEqual(week);
    expect(week).toMatchObject({ period: '2026-W47', from: '2026-11-16', to: '2026-11-22', rankedBy: null });
    const fields = ['video_id', 'views', 'ad_views', 'play_seconds'];
    expect(week.rows.map((row: Record<string, number>) => fields.map((field) => row[field]))).toEqual(rows);

    for (const [flag, column] of [
      ['views', 1],
      ['play_seconds', 3],
    ] as const) {
      const best = [...rows].sort((a, b) => b[column] - a[column] || a[0] - b[0]).slice(0, 5);
      const { stdout } = await run('stats', '--date', DATE, '--top', '5', '--by', flag, '--format', 'csv');
      expect(stdout.trimEnd().split('\n').slice(1)).toEqual(best.map((row) => row.join(',')));
    }
  });

  test('the quarantine can be listed', async () => {
    const { stdout } = await run('skipped', '2', '--limit', '3');
    // Between the reasons with their counts and what to do next: a header and three lines.
    const parts = stdout.trimEnd().split('\n\n');
    expect(parts.at(-2)!.split('\n')).toHaveLength(4);
    expect(parts.at(-1)).toMatch(/^next\n/);
    const all = await json('skipped', '2', '--limit', '10000');
    expect(all).toHaveLength((await json('show', '2')).verdicts.invalid);
    const payload = { video_id: expect.any(String), play_seconds: expect.any(Number) };
    expect(all[0]).toMatchObject({ businessDate: DATE, reason: expect.any(String), payload });
  });

  test('a completed date is not run again, unless --rerun asks for it', async () => {
    const again = await run('--date', DATE);
    expect(again).toMatchObject({ code: 0, stdout: '' });
    expect(again.stderr).toMatch(/is already complete \(execution 2\); nothing was done/);
    const planned = await run('run', 'daily', '--date', DATE, '--dry-run', '--json');
    expect(planned.stderr).toMatch(/is already complete \(execution 2\); a run would do nothing/);
    expect(JSON.parse(planned.stdout)).toMatchObject({ completedBy: 2 });
    expect(await json('run', 'daily', '--date', DATE, '--dry-run', '--rerun')).toMatchObject({ completedBy: null });
    const before = (await run('stats', '--date', DATE, '--format', 'csv')).stdout;
    const rerun = await run('run', 'daily', '--date', DATE, '--rerun');
    expect(rerun.code).toBe(3);
    const { execution } = /\(execution (?<execution>\d+)\)/.exec(rerun.stdout)!.groups!;
    const skipped = await run('skipped', '2');
    expect(skipped).toMatchObject({ code: 0, stdout: '' });
    expect(skipped.stderr).toMatch(new RegExp(`execution ${execution} computed .* again.*settle skipped ${execution}`));
    expect((await json('skipped', execution)).length).toBeGreaterThan(0);
    expect((await run('stats', '--date', DATE, '--format', 'csv')).stdout).toBe(before);
  });

  test('verify finds what does not fit', async () => {
    expect(await run('verify', '--date', DATE)).toMatchObject({ code: 0 });
    const open = await openDatabase(database.url);
    const row = await open.knex('video_daily_stats').where({ business_date: DATE }).orderBy('video_id').first();
    const one = () => open.knex('video_daily_stats').where({ business_date: DATE, video_id: row.video_id });
    await one().update({ views: Number(row.views) + 1 });
    try {
      const { code, stdout } = await run('verify', '--date', DATE);
      expect(code).toBe(20);
      expect(stdout).toMatch(
        new RegExp(`DIFFERENT.*\\n(?: {3,}.*\\n|\\S.*\\n)+  video ${row.video_id} views: published`),
      );
    } finally {
      await one().update({ views: row.views });
      await open.close();
    }
  });
});

test('a reader that has seen enough is no error', async () => {
  const database = await freshPlatform('sqlite');
  const open = await openDatabase(database.url);
  await open.knex.raw(`INSERT INTO video_daily_stats (business_date, video_id, views, ad_views, play_seconds)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) SELECT '${DATE}', i, i, i, i FROM n`);
  await open.close();
  const child = spawn(process.execPath, [SETTLE, 'stats', '--date', DATE, '--format', 'csv'], {
    env: { ...process.env, SETTLE_DATABASE_URL: database.url },
  });
  let stderr = '';
  child.stderr.on('data', (data: Buffer) => {
    stderr += data;
  });
  child.stdout.once('data', () => child.stdout.destroy());
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  await database.drop();
});
