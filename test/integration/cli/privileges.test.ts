/**
 * The grants of docs/operations.md are enough and none too many: users with exactly these run everything, and without
 * any one of them a command says in one line which it lacks.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createUser, type DatabaseUser } from '../../support/database-user.ts';
import { freshDatabase, serverDatabases, type TestDatabase } from '../../support/databases.ts';
import { type Outcome, runSettle } from '../../support/run-settle.ts';

const DATE = '2026-11-20';
const RUN = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];
const MIGRATE = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'CREATE', 'ALTER', 'INDEX', 'DROP', 'REFERENCES'];
/** Kept for migrations to come. */
const MIGRATE_NOW = ['SELECT', 'INSERT', 'CREATE'];

const folder = mkdtempSync(join(tmpdir(), 'settle-grants-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('the documentation lists these grants', () => {
  const text = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8');
  expect(text).toContain(`GRANT ${RUN.join(', ')} ON platform.* TO settle;`);
  expect(text).toContain(`GRANT ${MIGRATE.join(', ')} ON platform.* TO settle_migrate;`);
});

describe.each(serverDatabases())('on $name', ({ name }) => {
  let bench: TestDatabase;
  let migrator: DatabaseUser;
  let runner: DatabaseUser;
  beforeEach(async () => {
    bench = await freshDatabase(name);
    [migrator, runner] = [await createUser(bench), await createUser(bench)];
  });
  afterEach(async () => {
    await migrator.drop();
    await runner.drop();
    await bench.drop();
  });

  const env = { SETTLE_LOG: 'silent' };
  const run = (user: DatabaseUser, ...args: string[]): Promise<Outcome> => runSettle(args, { url: user.url, env });

  test('users with exactly the documented grants run everything', async () => {
    await migrator.grant(MIGRATE);
    await runner.grant(RUN);
    expect(await run(migrator, 'migrate')).toMatchObject({ code: 0, stderr: '' });
    const file = join(folder, 'views.csv');
    writeFileSync(
      file,
      `video_id,viewer_id,viewed_at,play_seconds\n1,2,${DATE}T05:00:00Z,10\n1,3,${DATE}T06:00:00Z,-1\n`,
    );
    const videos = join(folder, 'videos.csv');
    writeFileSync(videos, 'id,creator_id\n1,9\n2,\n');
    for (const [args, code] of [
      [['migrate', '--status'], 0],
      [['doctor'], 0],
      [['import', 'videos', videos], 0],
      [['import', 'views', file, '--register-videos'], 0],
      [['seed', '--rows', '500', '--videos', '10', '--date', DATE], 0],
      [['--date', DATE, '--workers', '2', '--partitions', '3', '--chunk', '100'], 3],
      [['run', 'daily', '--date', DATE, '--dry-run'], 0],
      [['run', 'daily', '--date', DATE, '--rerun'], 3],
      [['verify', '--date', DATE], 0],
      [['stats', '--date', DATE], 0],
      [['runs'], 0],
      [['show', '--last'], 0],
      [['skipped', '4'], 0],
      [['recover'], 0],
    ] as const) {
      const { code: found, stderr } = await run(runner, ...args);
      expect([args, found].join(' '), stderr).toBe([args, code].join(' '));
      expect(stderr).not.toMatch(/denied|privilege/);
    }
  });

  test.each(RUN)('without %s one line names it', async (privilege) => {
    await migrator.grant(MIGRATE);
    await run(migrator, 'migrate');
    await run(migrator, 'seed', '--rows', '200', '--videos', '5', '--date', DATE);
    await runner.grant(RUN.filter((one) => one !== privilege));
    const { code, stdout, stderr } = await run(runner, '--date', DATE);
    expect(stderr).toMatch(/^settle: the database user lacks a privilege[^\n]*\. Grant it[^\n]*\n$/);
    expect(stderr).toContain(privilege);
    expect(stderr).not.toContain(runner.password);
    expect(code).toBe(2);
    expect(stdout).not.toMatch(/COMPLETED/);
    const doctor = await run(runner, 'doctor');
    // Without SELECT the schema cannot be read, which is another way of saying it.
    expect(doctor.stdout).toMatch(
      privilege === 'SELECT' ? /^fail .*SELECT command denied/m : new RegExp(`lacks ${privilege} on`),
    );
    expect(doctor.code).toBe(2);
  });

  test.each(MIGRATE_NOW)('migrate without %s', async (privilege) => {
    await migrator.grant(MIGRATE.filter((one) => one !== privilege));
    const { code, stderr } = await run(migrator, 'migrate');
    expect(stderr).toMatch(/^settle: the database user lacks a privilege[^\n]*\n$/);
    expect(stderr).toContain(privilege);
    expect(code).toBe(2);
  });

  test('a user who may nothing is told in one line', async () => {
    const { code, stderr } = await run(runner, 'runs');
    expect(stderr).toMatch(/^settle: the database user lacks a privilege[^\n]*\n$/);
    expect(code).toBe(2);
  });
});
