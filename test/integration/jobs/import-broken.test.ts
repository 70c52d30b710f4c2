/** Every broken file through the whole job: FAILED with exit code 2, the line in its message, and no row of it kept. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { importJob } from '../../../src/jobs/import/import-job.ts';
import { importParameters } from '../../../src/jobs/import/import-parameters.ts';
import { runJob } from '../../../src/steps/run-job.ts';
import { brokenFiles } from '../../support/broken-files.ts';
import { freshPlatform, sampledDatabases, type TestDatabase } from '../../support/databases.ts';
import { runSettle } from '../../support/run-settle.ts';

const folder = mkdtempSync(join(tmpdir(), 'settle-broken-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'bad.csv');

describe.each(sampledDatabases(import.meta.url))('on $name', ({ name }) => {
  let bench: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    bench = await freshPlatform(name);
    database = await openDatabase(bench.url);
  });
  afterAll(async () => {
    await database.close();
    await bench.drop();
  });

  test.each(['views', 'videos'] as const)('broken files of %s leave nothing behind', async (kind) => {
    for (const { what, content, text } of brokenFiles(kind)) {
      writeFileSync(path, content);
      const { parameters } = await importParameters(kind, { file: path });
      const result = await runJob(database, importJob(kind), parameters);
      expect(result, what).toMatchObject({ outcome: 'failed', exitCode: 2 });
      expect(result.error?.message, what).toMatch(text);
      expect(result.execution.exitMessage, what).toMatch(text);
    }
    expect(await database.knex('view_log').first()).toBeUndefined();
    expect(await database.knex('video').first()).toBeUndefined();
  });
});

describe('as a person sees it', () => {
  let bench: TestDatabase;
  beforeAll(async () => {
    bench = await freshPlatform('sqlite');
  });
  afterAll(() => bench.drop());

  const chosen = ['random bytes', 'gzip data that was cut off', 'a line of 10 MB', 'escape sequences for a terminal'];
  test.each(brokenFiles('views').filter(({ what }) => chosen.includes(what)))('$what', async ({ content }) => {
    writeFileSync(path, content);
    const env = { SETTLE_LOG: 'silent' };
    const { code, stderr } = await runSettle(['import', 'views', path, '--zone', 'Asia/Seoul'], {
      url: bench.url,
      env,
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^settle: bad\.csv[^\n]*\n$/);
    expect(stderr).not.toMatch(/^ *at /m);
    const show = await runSettle(['show', '--last', '--json'], { url: bench.url });
    const [next, ...more] = JSON.parse(show.stdout).next;
    expect(more).toEqual([]);
    expect(next).toContain(`settle import views ${path} --zone Asia/Seoul   (the file corrected`);
  });
});
