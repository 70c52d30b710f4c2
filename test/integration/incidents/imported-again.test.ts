/** A file that comes again under another name: what was there is told apart; rows without ids are not doubled. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshPlatform, sampledDatabases, type TestDatabase } from '../../support/databases.ts';
import { runSettle } from '../../support/run-settle.ts';

const places = sampledDatabases(import.meta.url).filter(({ name }) => name !== 'mysql');
const ROWS = '5,50,2026-11-20 01:00:00,10\n5,51,2026-11-20 01:00:00,10\n';

describe.each(places)('imported again on $name', ({ name }) => {
  const folder = mkdtempSync(join(tmpdir(), 'settle-again-'));
  let database: TestDatabase;
  const load = (file: string, text: string, ...flags: string[]) => {
    const path = join(folder, file);
    writeFileSync(path, text);
    return runSettle(['import', 'views', path, ...flags], { url: database.url, env: { SETTLE_LOG: 'warn' } });
  };
  beforeAll(async () => {
    database = await freshPlatform(name);
  });
  afterAll(async () => {
    await database.drop();
    rmSync(folder, { recursive: true });
  });

  test('rows with ids: written and already there apart, and whose content it is', async () => {
    const text = `id,video_id,viewer_id,viewed_at,play_seconds\n${ROWS.trim()
      .split('\n')
      .map((row, index) => `${index + 1},${row}\n`)
      .join('')}`;
    const first = await load('c.csv', text);
    expect(first.stdout).toMatch(/^ {2}2 written, 0 already there, 0 set aside$/m);
    const again = await load('d.csv', text, '--json');
    expect(JSON.parse(again.stdout).imported).toMatchObject({ written: 0, alreadyThere: 2, setAside: 0 });
    expect(again.stderr).toContain('d.csv has the same content as execution 1 (c.csv)');
  });

  test('rows without ids are refused, unless a flag says so', async () => {
    const text = `video_id,viewer_id,viewed_at,play_seconds\n${ROWS}`;
    expect((await load('e.csv', text)).code).toBe(0);
    const refused = await load('f.csv', text);
    expect(refused).toMatchObject({ code: 2 });
    expect(refused.stderr).toMatch(
      /^settle: f\.csv has the same content as execution 3 \(e\.csv\), and no ids: its rows would be there twice\. .*--allow-repeat/m,
    );
    const [, there, through] = /\nnext\n {2}(settle show 3) .*\n {2}(settle import .*--allow-repeat) .*\n$/.exec(
      refused.stdout,
    )!;
    expect([there, through]).toEqual(['settle show 3', `settle import views ${join(folder, 'f.csv')} --allow-repeat`]);
    const allowed = await load('g.csv', text, '--allow-repeat');
    expect(allowed).toMatchObject({ code: 0, stdout: expect.stringContaining('2 written, 0 already there') });
    expect(allowed.stdout).toMatch(/^ {2}ids 5 to 6$/m);
  });

  test('ids, rows by date, and of settled and closed dates the command that makes the rows count', async () => {
    const run = (...args: string[]) => runSettle(args, { url: database.url, env: { SETTLE_LOG: 'warn' } });
    for (const date of ['2026-11-18', '2026-11-19']) expect((await run('--date', date)).code).toBe(0);
    expect((await run('close', '--date', '2026-11-18')).code).toBe(0);
    // The last instants of the 18th and the first of the 19th in Seoul; row 1 of the first file is there already.
    const text = `id,video_id,viewer_id,viewed_at,play_seconds
1,5,50,2026-11-20 01:00:00,10
801,5,60,2026-11-18 14:59:59.999,10
802,5,61,2026-11-18 15:00:00,10
803,5,62,2026-11-18 16:00:00,10
800,5,63,2026-11-21 01:00:00,10
804,5,63,,10
`;
    const loaded = await load('h.csv', text);
    expect(loaded.stdout.split('\n').slice(1)).toEqual([
      '  5 written, 1 already there, 0 set aside',
      '  ids 800 to 804',
      '  rows by date (Asia/Seoul)',
      '    2026-11-18  1  closed already',
      '    2026-11-19  2  settled already',
      '    2026-11-21  1',
      '    without a time: 1',
      '  they count on dates that are settled already after',
      '    settle run daily --date 2026-11-18 --zone Asia/Seoul --rerun   (closed: booked as an adjustment in the next open date)',
      '    settle run daily --date 2026-11-19 --zone Asia/Seoul --rerun',
      '',
    ]);
    const { imported } = JSON.parse((await run('show', '--last', '--json')).stdout);
    expect(imported).toMatchObject({ ids: { first: 800, last: 804 }, zone: 'Asia/Seoul', undatedRows: 1 });
    const [closed, settled, open] = imported.dates;
    expect([closed.state, settled.state, open]).toEqual([
      'closed',
      'settled',
      { date: '2026-11-21', rows: 1, state: 'not settled' },
    ]);
    for (const { next } of [closed, settled]) {
      const done = await run(...next.split(' ').slice(1));
      expect(done).toMatchObject({ stdout: expect.stringContaining('counted') });
    }
    expect((await run('--date', '2026-11-19')).stderr).toContain('already complete');
  });

  test('of many dates the first 14', async () => {
    const days = Array.from({ length: 20 }, (_, index) => `${900 + index},5,70,2026-10-${10 + index} 01:00:00,10\n`);
    const loaded = await load('i.csv', `id,video_id,viewer_id,viewed_at,play_seconds\n${days.join('')}`);
    expect(loaded.stdout).toMatch(/^ {4}2026-10-23 {2}1\n {4}and 6 more dates$/m);
  });
});
