/** On SQLite times are texts and compared as such: one form is taken, every other is refused at once, by row, everywhere. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { examine } from '../../support/platform.ts';
import { runSettle } from '../../support/run-settle.ts';
import { type Bench, openBench, settle } from './support.ts';

describe('times of a view log on SQLite', () => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench('sqlite');
    await bench.database.knex('video').insert({ id: 1, creator_id: null });
  });
  afterEach(() => bench.drop());

  async function insert(id: number, viewedAt: string, viewer = id): Promise<void> {
    const rest = { video_id: 1, viewer_id: viewer, play_seconds: 1, ad_views: 0 };
    await bench.database.knex('view_log').insert({ id, viewed_at: viewedAt, ...rest });
  }

  async function run(...args: string[]) {
    return await runSettle(args, { url: bench.test.url });
  }

  /** The SQL of a hint, as a person would copy it. */
  function statementOf(text: string): string {
    return /UPDATE view_log SET .* IS NOT NULL/.exec(text)![0];
  }

  test('every other form is refused by row, by run and doctor, and the hint is a statement that works', async () => {
    const { database, test } = bench;
    await insert(1, '2026-11-20 05:00:00.000');
    const forms: [written: string, rewritten: string | undefined][] = [
      ['2026-11-20 05:00:01', '2026-11-20 05:00:01.000'],
      ['2026-11-20T05:00:01.000', '2026-11-20 05:00:01.000'],
      ['2026-11-20T05:00:01Z', '2026-11-20 05:00:01.000'],
      ['2026-11-20 05:00:01.000001', '2026-11-20 05:00:01.000'],
      ['2026-11-20', '2026-11-20 00:00:00.000'],
      // Nobody knows what these are: they stay as they are, and refused.
      ['1795150801', undefined],
      ['yesterday', undefined],
    ];
    for (const [written, rewritten] of forms) {
      await insert(2, written);
      const message = `view_log.viewed_at of the row with id 2 is "${written}", which is not written YYYY-MM-DD HH:MM:SS.sss (UTC)`;
      await expect(settle(database, '2026-11-20', 'Asia/Seoul')).rejects.toMatchObject({ exitCode: 2, message });
      const { findings, exitCode } = await examine(test.url);
      expect(exitCode).toBe(2);
      expect(findings.find(({ check }) => check === 'times')).toMatchObject({ verdict: 'fail', message });
      const { hint = '' } = findings.find(({ check }) => check === 'times')!;
      await database.knex.raw(statementOf(hint));
      const row = await database.knex('view_log').where({ id: 2 }).first('viewed_at');
      expect(row.viewed_at).toBe(rewritten ?? written);
      await database.knex('view_log').where({ id: 2 }).delete();
    }
  });

  test('mixed forms far from the date are refused, and after the statement run and verify agree', async () => {
    const forms = [' 05:MM:00.000', ' 05:MM:00', 'T05:MM:00', 'T05:MM:00.000Z', ' 05:MM:00.0005'];
    const rows: Record<string, unknown>[] = [];
    for (let id = 1; id <= 900; id++) {
      const day = id <= 600 ? '2026-09-01' : '2026-11-20';
      const minute = String(id % 60).padStart(2, '0');
      const viewed_at = day + forms[id % forms.length].replace('MM', minute);
      rows.push({ id, video_id: 1, viewer_id: id % 300, viewed_at, play_seconds: 1, ad_views: 0 });
    }
    await bench.database.knex.batchInsert('view_log', rows, 100);
    const refused = await run('--date', '2026-11-20');
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('the row with id 1 is') });
    await bench.database.knex.raw(statementOf(refused.stderr));
    expect((await run('--date', '2026-11-20')).code).toBe(0);
    const equal = await run('verify', '--date', '2026-11-20');
    expect({ code: equal.code, stderr: equal.stderr }).toEqual({ code: 0, stderr: '' });
    const [{ views }] = await bench.database.knex('video_daily_stats').select('views');
    expect(views).toBe(300);
    // Written past the run: verify refuses as the run would, instead of finding a right date broken.
    await insert(901, '2026-11-20T05:00:00', 5);
    expect(await run('verify', '--date', '2026-11-20')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('the row with id 901 is "2026-11-20T05:00:00"'),
    });
  });

  test('a row that was changed where the zone map knows it already is refused by the scan', async () => {
    const { database } = bench;
    await insert(1, '2026-11-20 05:00:00.000');
    await settle(database, '2026-11-20', 'Asia/Seoul', { workers: 1 });
    await database.knex('settle_statistics_run').delete();
    await database.knex('view_log').update({ viewed_at: '2026-11-20T05:00:00' });
    // The day before that of Seoul reads the same zone.
    await expect(settle(database, '2026-11-20', 'UTC', { workers: 1 })).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('view_log.viewed_at of the row with id 1 is "2026-11-20T05:00:00"'),
    });
  });
});
