/** Video settlement by the command line: from a log to what is paid, why, and how a date is closed. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freshPlatform, type TestDatabase } from '../../support/databases.ts';
import { runSettle } from '../../support/run-settle.ts';

const date = '2026-11-20';
let database: TestDatabase;
beforeEach(async () => {
  database = await freshPlatform('sqlite');
});
afterEach(() => database.drop());

const settle = (args: readonly string[], input?: string) => runSettle(args, { url: database.url, input });

const rates = {
  name: 'twofold',
  effectiveFrom: '2026-01-01',
  view: [
    { from: 0, price: '2' },
    { from: 2, price: '2.5' },
  ],
  adView: [{ from: 0, price: '7' }],
};
const views = `id,video_id,viewer_id,viewed_at,play_seconds,ad_views
1,5,50,2026-11-20 01:00:00,10,1
2,5,51,2026-11-20 01:00:00,10,0
3,5,52,2026-11-20 01:00:00,10,0
4,6,50,2026-11-20 01:00:00,10,2
`;

test('a date is settled, shown, explained and closed', async () => {
  expect(await settle(['import', 'rates', '-'], JSON.stringify(rates))).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/\nrate card twofold, effective from 2026-01-01: imported\n$/),
  });
  expect((await settle(['import', 'rates', '-'], JSON.stringify(rates))).stdout).toContain('already there');
  await settle(['import', 'videos', '-'], 'id,creator_id\n5,900\n6,\n');
  await settle(['import', 'views', '-'], views);
  expect(await settle(['--date', date])).toMatchObject({ code: 0 });

  // 2 x 2 + 1 x 2.5 = 6.5, rounded down, and one ad view; two views of an unknown creator's.
  const csv = 'video_id,view_amount,ad_amount,total\n5,6,7,13\n6,2,14,16\n';
  expect((await settle(['settlement', '--date', date])).stderr).toBe('');
  for (const period of ['day', 'week', 'month']) {
    const shown = await settle(['settlement', '--date', date, '--period', period, '--format', 'csv']);
    expect(shown).toMatchObject({ code: 0, stdout: csv });
  }
  expect((await settle(['settlement', '--date', date])).stdout).toMatch(/^2026-11-20: 2 videos, 29 won\n/);
  const json = JSON.parse((await settle(['settlement', '--date', date, '--format', 'json'])).stdout);
  expect(json).toMatchObject({ total: 29, rows: [{ video_id: 5, view_amount: 6, ad_amount: 7, total: 13 }, {}] });

  const text = (await settle(['explain', 'settlement', '--date', date, '--video', '5'])).stdout;
  expect(text).toContain('floor(6.5) - floor(0) = 6 - 0 = 6 won');
  expect(text).toContain('twofold, effective from 2026-01-01');
  expect(text).toMatch(/source rows +SELECT id, .* WHERE video_id = 5 AND viewed_at >= '2026-11-19 15:00:00.000'/);
  const explained = JSON.parse(
    (await settle(['explain', 'settlement', '--date', date, '--video', '6', '--json'])).stdout,
  );
  expect(explained).toMatchObject({ creatorId: null, settlement: { revision: 1, total: 16 }, closedAt: null });

  expect((await settle(['close', '--date', date])).stdout).toMatch(/^2026-11-20: closed now/);
  await settle(['import', 'views', '-'], `${views.split('\n')[0]}\n9,6,77,2026-11-20 02:00:00,10,0\n`);
  expect(await settle(['run', 'daily', '--date', date, '--rerun'])).toMatchObject({ code: 0 });
  expect((await settle(['settlement', '--date', date, '--format', 'csv'])).stdout).toBe(csv);
  const next = await settle(['settlement', '--date', '2026-11-21', '--format', 'csv']);
  expect(next.stdout).toBe('video_id,view_amount,ad_amount,total\n6,2,0,2\n');
});

test.each(['stats', 'settlement'])('%s of dates that were never settled: they are told on stderr', async (command) => {
  const day = await settle([command, '--date', date, '--json']);
  expect(day).toMatchObject({
    code: 0,
    stderr: `settle: ${date} has never been settled. \`settle --date ${date} --zone Asia/Seoul\` settles it.\n`,
  });
  expect(JSON.parse(day.stdout)).toMatchObject({ period: date, rows: [] });
  const { code, stderr } = await settle([command, '--date', date, '--period', 'week']);
  expect(code).toBe(0);
  expect(stderr).toMatch(/^settle: 7 of the 7 dates of 2026-W47 have never been settled: 2026-11-16, 2026-11-17, /);
});

test.each([
  [['close', '--date', date], 1, `${date} is not settled`],
  [['explain', 'settlement', '--date', date, '--video', '5'], 2, 'video 5 has no settlement'],
  [['explain', 'settlement', '--date', date, '--video', 'five'], 2, '"five" is not a whole number'],
  [['settlement', '--date', '2026-02-30'], 2, "'2026-02-30' is not a date"],
  [['import', 'rates', 'no-such-file.json'], 2, 'cannot be read: ENOENT'],
  [['import', 'rates', '-', '--zone', 'UTC'], 2, 'not for rates'],
])('%j is refused in one line', async (args, code, message) => {
  const outcome = await settle(args, '');
  expect(outcome).toMatchObject({ code, stdout: '' });
  expect(outcome.stderr).toContain(message);
  expect(outcome.stderr.trim().split('\n')).toHaveLength(1);
});

test.each([
  ['{', 'is not JSON'],
  ['{}', 'the rate card has no name'],
  [JSON.stringify({ ...rates, view: [{ from: 0, price: 1.1 }] }), 'view[0].price must be a decimal text'],
])('the rate card %j is refused in one line', async (input, message) => {
  const outcome = await settle(['import', 'rates', '-'], input);
  expect(outcome).toMatchObject({ code: 2, stdout: '' });
  expect(outcome.stderr).toContain(message);
});
