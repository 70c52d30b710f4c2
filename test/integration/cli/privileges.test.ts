/**
 * The grants of docs/operations.md are enough and none too many: users with exactly these run everything, and without
 * any one of them a command says in one line which it lacks. What has been posted is out of their reach.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { grantStatements, migratePrivileges } from '../../../src/doctor/table-privileges.ts';
import { createRunner, createUser, type DatabaseUser } from '../../support/database-user.ts';
import { freshDatabase, serverDatabases, type TestDatabase } from '../../support/databases.ts';
import { installSchema } from '../../support/install-schema.ts';
import { appendOnlyTables, importPrivileges, sourcePrivileges, tablePrivileges } from '../../support/platform.ts';
import { type Outcome, runSettle } from '../../support/run-settle.ts';
import { isThorough } from '../../support/thorough.ts';

const DATE = '2026-11-20';
const RUN = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];
/** The others are kept for migrations to come. */
const MIGRATE_NOW = ['SELECT', 'INSERT', 'CREATE', 'TRIGGER'];

/** Commands that only read: what they need does not differ between the servers. */
const READS = new Set([
  'stats',
  'settlement',
  'challenge',
  'explain',
  'coupon',
  'stock',
  'runs',
  'show',
  'skipped',
  'outbox',
  'payments',
  'interest',
  'dates',
]);

/** Half of them on each server, unless everything is asked for. */
const sampled = (name: string, privileges: readonly string[]) =>
  privileges.filter((_, at) => isThorough || (at % 2 === 0) === (name === 'mariadb'));

const folder = mkdtempSync(join(tmpdir(), 'settle-grants-'));
afterAll(() => rmSync(folder, { recursive: true }));

const write = (name: string, ...lines: string[]): string => {
  const file = join(folder, name);
  writeFileSync(file, [...lines, ''].join('\n'));
  return file;
};

test('the documentation lists these grants', () => {
  const text = readFileSync(new URL('../../../docs/operations.md', import.meta.url), 'utf8');
  const lines = new Set(text.split('\n').filter((line) => line.startsWith('GRANT ')));
  const run = grantStatements({ ...tablePrivileges, ...sourcePrivileges }, 'platform', 'settle');
  const imports = grantStatements(importPrivileges, 'platform', 'settle');
  expect([...lines].sort()).toEqual(
    [`GRANT ${migratePrivileges.join(', ')} ON platform.* TO settle_migrate;`, ...run, ...imports].sort(),
  );
});

describe.each(serverDatabases())('on $name', ({ name }) => {
  let bench: TestDatabase;
  let migrator: DatabaseUser;
  const users: DatabaseUser[] = [];
  beforeEach(async () => {
    bench = await freshDatabase(name);
    migrator = await createUser(bench);
    users.push(migrator);
  });
  afterEach(async () => {
    for (const user of users.splice(0)) await user.drop();
    await bench.drop();
  });

  const env = { SETTLE_LOG: 'silent' };
  const run = (user: DatabaseUser, ...args: string[]): Promise<Outcome> => runSettle(args, { url: user.url, env });
  const runner = async (also = {}): Promise<DatabaseUser> => {
    const user = await createRunner(bench, also);
    users.push(user);
    return user;
  };

  test('users with exactly the documented grants run everything', { timeout: 400_000 }, async () => {
    await migrator.grant(migratePrivileges);
    expect(await run(migrator, 'migrate')).toMatchObject({ code: 0, stderr: '' });
    const database = await openDatabase(bench.url);
    const tables = await database.dialect.inspect.tables(database.knex);
    await database.close();
    // What knex keeps to lock its migrations is nothing that a run touches.
    const known = Object.keys({ ...tablePrivileges, ...sourcePrivileges, settle_migration_lock: [] });
    expect([...tables].sort()).toEqual(known.sort());

    const importer = await runner(importPrivileges);
    const views = write(
      'views.csv',
      'video_id,viewer_id,viewed_at,play_seconds',
      `1,2,${DATE}T05:00:00Z,10`,
      `1,3,${DATE}T06:00:00Z,-1`,
    );
    const challenges = write(
      'challenges.csv',
      'id,stake,start_date,end_date,min_members',
      '1,10,2026-11-18,2026-11-19,2',
      `2,5,${DATE},2026-11-25,5`,
    );
    const members = write(
      'members.csv',
      'id,challenge_id,user_id,stake,joined_at,quit_at',
      '1,1,7,10,2026-11-17 00:00:00,',
      '2,1,8,10,2026-11-17 00:00:00,',
      '3,2,7,5,2026-11-17 00:00:00,',
    );
    const proofs = write('proofs.csv', 'id,challenge_id,user_id,proof_date', '1,1,7,2026-11-18', '2,1,7,2026-11-19');
    const head = 'key,user_id,amount,granted_at,expires_at,reason';
    const grants = write(
      'grants.csv',
      head,
      'g7,7,50,2026-11-01,2026-11-19,',
      'g8,8,50,2026-11-01,,',
      'g9,9,1,x,,',
      'g10,10,5,2026-11-01,,',
    );
    const card = write(
      'card.json',
      '{"name":"c","effectiveFrom":"2026-11-01","view":[{"from":0,"price":"2"}],"adView":[{"from":0,"price":"3"}]}',
    );
    const videos = write('videos.csv', 'id,creator_id', '1,9', '2,');
    const coupons = write('coupons.csv', 'id,quota,opens_at,closes_at', `1,1,${DATE}T01:00:00Z,${DATE}T02:00:00Z`);
    const requests = write(
      'requests.csv',
      'id,coupon_id,user_id,requested_at',
      `1,1,7,${DATE}T01:00:00Z`,
      `2,1,8,${DATE}T01:00:01Z`,
    );
    const movements = write(
      'movements.csv',
      'id,product_id,kind,quantity,reservation_id,happened_at',
      `1,1,receive,5,,${DATE}T01:00:00Z`,
      `2,1,reserve,2,a,${DATE}T01:00:01Z`,
      `3,1,confirm,,b,${DATE}T01:00:02Z`,
      `4,2,adjust,-1,,${DATE}T01:00:02Z`,
    );
    const newCard = write('next.json', readFileSync(card, 'utf8').replace('2026-11-01', '2026-12-01'));
    const all: [DatabaseUser, readonly string[], number][] = [
      [importer, ['migrate', '--status'], 0],
      [importer, ['doctor'], 0],
      [importer, ['import', 'videos', videos], 0],
      [importer, ['import', 'views', views, '--register-videos'], 0],
      [importer, ['seed', '--rows', '500', '--videos', '10', '--date', DATE], 0],
      [importer, ['ledger', 'post', grants], 3],
      [importer, ['import', 'challenges', challenges], 0],
      [importer, ['import', 'members', members], 0],
      [importer, ['import', 'proofs', proofs], 0],
      [importer, ['import', 'coupons', coupons], 0],
      [importer, ['import', 'coupon-requests', requests], 0],
      [importer, ['import', 'stock-movements', movements], 0],
    ];
    // From here on without a right to write the platform's tables.
    const nightly = await runner();
    const nights: [readonly string[], number][] = [
      [['import', 'rates', card], 0],
      [['--date', DATE, '--workers', '2', '--partitions', '3', '--chunk', '100'], 3],
      [['run', 'daily', '--date', DATE, '--dry-run'], 0],
      [['run', 'daily', '--date', DATE, '--rerun'], 3],
      [['verify', '--date', DATE], 0],
      [['stats', '--date', DATE], 0],
      [['settlement', '--date', DATE], 0],
      [['worker', '--once'], 0],
      [['run', 'points-expiry', '--date', DATE], 0],
      [['close', '--date', DATE], 0],
      [['import', 'rates', newCard], 0],
      [['challenge', 'show', '1'], 0],
      [['explain', 'balance', '--user', '7'], 0],
      [['coupon', 'show', '1'], 0],
      [['explain', 'coupon', '--coupon', '1', '--user', '8'], 0],
      [['stock', '--date', DATE], 0],
      [['ledger', 'reverse', 'g8', '--reason', 'a mistake', '--date', DATE], 1],
      [['ledger', 'reverse', 'g10', '--reason', 'a mistake', '--date', DATE], 0],
      [['ledger', 'balances'], 0],
      [['ledger', 'statement', '--user', '7'], 0],
      [['ledger', 'verify'], 0],
      [['runs'], 0],
      [['show', '--last'], 0],
      [['skipped', '4'], 0],
      [['recover'], 0],
      [['purge', '--days', '1', '--forget'], 0],
      [['ledger', 'verify'], 0],
    ];
    for (const [user, args, code] of [...all, ...nights.map(([args, code]) => [nightly, args, code] as const)]) {
      if (name === 'mysql' && !isThorough && READS.has(args[0])) continue;
      if (args[0] === 'purge') await ageRuns(bench.url);
      const { code: found, stderr } = await run(user, ...args);
      expect([args, found].join(' '), stderr).toBe([args, code].join(' '));
      expect(stderr).not.toMatch(/denied|privilege/);
    }
  });

  test('neither the user who runs nor the owner changes what is append-only', async () => {
    await migrator.grant(migratePrivileges);
    await run(migrator, 'migrate');
    await run(
      migrator,
      'ledger',
      'post',
      write('g.csv', 'key,user_id,amount,granted_at,expires_at,reason', 'g,7,5,2026-11-01,,'),
    );
    const asRunner = await openDatabase((await runner()).url);
    const asOwner = await openDatabase(bench.url);
    try {
      for (const table of appendOnlyTables) {
        const [column] = Object.keys(await asOwner.knex(table).columnInfo());
        const changes = [`UPDATE ${table} SET ${column} = ${column}`, `DELETE FROM ${table}`];
        for (const change of changes) await expect(asRunner.knex.raw(change)).rejects.toThrow(/denied/);
      }
      for (const table of ['settle_journal', 'settle_entry']) {
        await expect(asOwner.knex(table).delete()).rejects.toThrow(`settle: DELETE refused, ${table} is append-only`);
      }
      await expect(asRunner.knex.raw('DELETE FROM settle_lot')).rejects.toThrow(/denied/);
      await expect(asRunner.knex('settle_migration').delete()).rejects.toThrow(/denied/);
    } finally {
      await asRunner.close();
      await asOwner.close();
    }
  });

  test.each(sampled(name, RUN))('without %s one line names it', async (privilege) => {
    await installSchema(bench.url);
    await migrator.grant(migratePrivileges);
    await run(migrator, 'seed', '--rows', '200', '--videos', '5', '--date', DATE);
    const user = await createUser(bench);
    users.push(user);
    await user.grant(RUN.filter((one) => one !== privilege));
    const { code, stdout, stderr } = await run(user, '--date', DATE);
    expect(stderr).toMatch(/^settle: the database user lacks a privilege[^\n]*\. Grant it[^\n]*\n$/);
    expect(stderr).toContain(privilege);
    expect(stderr).not.toContain(user.password);
    expect(code).toBe(2);
    expect(stdout).not.toMatch(/COMPLETED/);
    const doctor = await run(user, 'doctor');
    // Without SELECT the schema cannot be read, which is another way of saying it.
    expect(doctor.stdout).toMatch(
      privilege === 'SELECT' ? /^fail .*SELECT command denied/m : new RegExp(`lacks ${privilege} on`),
    );
    expect(doctor.code).toBe(2);
    // Before it has taken anything.
    const worker = await run(user, 'worker', '--once');
    expect(worker.code).toBe(2);
    expect(worker.stderr).toMatch(
      privilege === 'SELECT'
        ? /lacks a privilege/
        : new RegExp(`^settle: this worker's database user lacks ${privilege} on `),
    );
  });

  test.each(sampled(name, MIGRATE_NOW))('migrate without %s', async (privilege) => {
    await migrator.grant(migratePrivileges.filter((one) => one !== privilege));
    const { code, stderr } = await run(migrator, 'migrate');
    expect(stderr).toMatch(/^settle: the database user lacks a privilege[^\n]*\n$/);
    expect(stderr).toContain(privilege);
    expect(code).toBe(2);
  });

  test('a user who may nothing is told in one line', async () => {
    const nobody = await createUser(bench);
    users.push(nobody);
    const { code, stderr } = await run(nobody, 'runs');
    expect(stderr).toMatch(/^settle: the database user lacks a privilege[^\n]*\n$/);
    expect(code).toBe(2);
  });
});

/** All that ended is as if it had long ago. */
async function ageRuns(url: string): Promise<void> {
  const database = await openDatabase(url);
  try {
    await database.knex('BATCH_JOB_EXECUTION').update({ END_TIME: '2020-01-01 00:00:00.000000' });
  } finally {
    await database.close();
  }
}
