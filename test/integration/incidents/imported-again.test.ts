/** A file that comes again under another name: what was there is told apart; rows without ids are not doubled. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase, testDatabases } from '../../support/databases.ts';
import { runSettle } from '../../support/run-settle.ts';

const places = testDatabases().filter(({ name }) => name !== 'mysql');
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
    database = await freshDatabase(name);
    await runSettle(['migrate'], { url: database.url });
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
    expect(JSON.parse(again.stdout).imported).toEqual({ written: 0, alreadyThere: 2, setAside: 0 });
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
    const allowed = await load('g.csv', text, '--allow-repeat');
    expect(allowed).toMatchObject({ code: 0, stdout: expect.stringContaining('2 written, 0 already there') });
  });
});
