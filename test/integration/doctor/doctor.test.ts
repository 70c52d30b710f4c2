/** `settle doctor`: every check, sound and broken, on every dialect where it can break. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { clockCheck } from '../../../src/doctor/checks/clock.ts';
import { diskCheck } from '../../../src/doctor/checks/disk.ts';
import { isolationCheck } from '../../../src/doctor/checks/isolation.ts';
import { packetCheck } from '../../../src/doctor/checks/packet.ts';
import type { NamedFinding } from '../../../src/doctor/examine.ts';
import { createRunner, type DatabaseUser } from '../../support/database-user.ts';
import {
  administer,
  freshDatabase,
  freshPlatform,
  serverDatabases,
  type TestDatabase,
  testDatabases,
} from '../../support/databases.ts';
import { examine, importPrivileges } from '../../support/platform.ts';
import { runSettle } from '../../support/run-settle.ts';

const CHECKS = [
  'database',
  'encryption',
  'schema',
  'privileges',
  'columns',
  'indexes',
  'times',
  'shards',
  'clock',
  'isolation',
  'server settings',
  'packet size',
  'connections',
  'disk',
  'redis',
  'ledger',
  'leases',
  'workers',
  'dates',
  'unfinished runs',
  'set aside',
  'outbox',
  'replicas',
];

describe.each(testDatabases())('doctor on $name', ({ name }) => {
  let bench: TestDatabase;
  let database: Database;
  /** As the documentation wants it; SQLite has no users. */
  let runner: DatabaseUser | undefined;
  let url: string;
  beforeEach(async () => {
    bench = await freshPlatform(name);
    database = await openDatabase(bench.url);
    runner = name === 'sqlite' ? undefined : await createRunner(bench, importPrivileges);
    url = runner?.url ?? bench.url;
  });
  afterEach(async () => {
    await database.close();
    await runner?.drop();
    await bench.drop();
  });

  /** What is not `pass`. */
  async function complaints(): Promise<readonly NamedFinding[]> {
    return (await examine(url)).findings.filter(({ verdict }) => verdict !== 'pass');
  }

  test('a sound database passes every check, as text and as JSON', async () => {
    const text = await runSettle(['doctor'], { url });
    expect(text).toMatchObject({ code: 0, stderr: '' });
    expect(text.stdout.trimEnd().split('\n')).toHaveLength(CHECKS.length);
    expect(text.stdout).toMatch(/^(pass {2}.*\n)+$/);
    const json = JSON.parse((await runSettle(['doctor', '--json'], { url })).stdout);
    expect(json.ok).toBe(true);
    expect(json.findings.map(({ check }: NamedFinding) => check)).toEqual(CHECKS);
  });

  test('no migrations: exit 2, and checks that need tables are left out', async () => {
    const empty = await freshDatabase(name);
    await (await openDatabase(empty.url)).close();
    const { code, stdout } = await runSettle(['doctor'], { url: empty.url });
    expect(code).toBe(2);
    expect(stdout).toMatch(/^fail {2}schema .*no settle tables yet\n.*-> run `settle migrate`$/m);
    expect(stdout).not.toContain('leases');
    await empty.drop();
  });

  test('a view log without its primary key', async () => {
    await database.knex.schema.dropTable('view_log');
    await database.knex.schema.createTable('view_log', (table) => {
      for (const column of ['id', 'video_id', 'viewer_id', 'play_seconds', 'ad_views']) {
        table.bigint(column).notNullable();
      }
      table.datetime('viewed_at', { precision: 3 });
    });
    expect(await complaints()).toMatchObject([{ check: 'indexes', verdict: 'fail', needsConfiguration: true }]);
  });

  test('an index on viewed_at is no help', async () => {
    await database.knex.schema.alterTable('view_log', (table) => table.index(['viewed_at'], 'by_time'));
    const { findings, exitCode } = await examine(url);
    expect(findings.find(({ check }) => check === 'indexes')?.message).toContain('does not use by_time on viewed_at');
    expect(exitCode).toBe(0);
  });

  test('a dead owner, an unfinished run and rows set aside are warnings with what to do', async () => {
    const { knex } = database;
    const at = '2026-11-20 00:00:00.000000';
    await knex('BATCH_JOB_INSTANCE').insert(
      [1, 2, 3].map((id) => ({ JOB_INSTANCE_ID: id, VERSION: 0, JOB_NAME: 'daily', JOB_KEY: `${id}`.repeat(32) })),
    );
    const executions: [number, number, string][] = [
      [1, 1, 'FAILED'],
      [2, 1, 'COMPLETED'],
      [3, 2, 'FAILED'],
      [4, 3, 'STARTED'],
    ];
    await knex('BATCH_JOB_EXECUTION').insert(
      executions.map(([id, instance, status]) => ({
        JOB_EXECUTION_ID: id,
        VERSION: 0,
        JOB_INSTANCE_ID: instance,
        CREATE_TIME: at,
        STATUS: status,
        EXIT_CODE: status,
        EXIT_MESSAGE: status === 'FAILED' ? 'disk on fire' : '',
      })),
    );
    const rows = [1, 2].map((id) => ({ row_id: id, reason: 'no time', payload: '{}', job_execution_id: 2 }));
    await knex('settle_quarantine').insert(rows);
    const skip = {
      job_execution_id: 1,
      step_execution_id: 1,
      step_name: 's',
      phase: 'write',
      item_key: 'k',
      payload: '{}',
    };
    const waiting = { ...skip, skip_no: 1, error: 'no', skipped_at: at, replayed_at: null };
    await knex('settle_skipped').insert([waiting, { ...waiting, skip_no: 2, replayed_at: at }]);
    const found = await complaints();
    expect(found.map(({ check, verdict }) => `${check} ${verdict}`)).toEqual([
      'leases warn',
      'unfinished runs warn',
      'set aside warn',
      'set aside warn',
    ]);
    expect(found[3]).toMatchObject({ message: 'execution 1 has set 1 records aside' });
    expect(found[0].message).toContain('execution 4 (daily) is dead: its owner left no lease');
    expect(found[1]).toMatchObject({ message: 'execution 3 (daily) is FAILED: disk on fire' });
    expect(found[1].hint).toContain('settle restart 3');
    expect(found[2].message).toBe('execution 2 has set 2 records aside');
    expect((await examine(url)).exitCode).toBe(0);
  });

  test('a clock that is off is a warning', async () => {
    const finding = await clockCheck.run({ database, workers: 1, now: () => Date.now() - 60_000 });
    expect(finding).toMatchObject({
      verdict: 'warn',
      message: expect.stringMatching(/\d{5} ms ahead of this machine/),
    });
  });
});

describe.each(serverDatabases())('doctor on a $name server', ({ name }) => {
  let bench: TestDatabase;
  let database: Database;
  beforeEach(async () => {
    bench = await freshPlatform(name);
    database = await openDatabase(bench.url);
  });
  afterEach(async () => {
    await database.close();
    await bench.drop();
  });

  test('settings of a server that are wrong, as another server would have them', async () => {
    const good = { isolation: 'READ-COMMITTED', packetBytesMax: 2 ** 26, connectionsMax: 100, logsStatements: false };
    const withSettings = (settings: Partial<typeof good>) => {
      const inspect = { ...database.dialect.inspect, settings: async () => ({ ...good, ...settings }) };
      return { database: { ...database, dialect: { ...database.dialect, inspect } }, workers: 1, now: Date.now };
    };
    expect(await isolationCheck.run(withSettings({ isolation: 'REPEATABLE-READ' }))).toMatchObject({ verdict: 'fail' });
    expect(await isolationCheck.run(withSettings({ logsStatements: true }))).toMatchObject({ verdict: 'fail' });
    expect(await packetCheck.run(withSettings({ packetBytesMax: 2 ** 20 }))).toMatchObject({ verdict: 'fail' });
    expect(await packetCheck.run(withSettings({ packetBytesMax: 2 ** 23 }))).toMatchObject({ verdict: 'warn' });
    const elsewhere = { ...database.dialect.inspect, folder: async () => undefined };
    const remote = { ...database, dialect: { ...database.dialect, inspect: elsewhere } };
    expect(await diskCheck.run({ database: remote, workers: 1, now: Date.now })).toMatchObject({ verdict: 'pass' });
  });

  test('privileges that are missing are named', async () => {
    const url = new URL(bench.url);
    const schema = url.pathname.slice(1);
    url.username = `${schema.slice(-12)}_dr`;
    url.password = 'doctor';
    url.searchParams.set('allow-public-key-retrieval', 'true');
    // Also for localhost: a server with an anonymous user there would take us for that one.
    const accounts = ['%', 'localhost'].map((host) => `'${url.username}'@'${host}'`);
    for (const account of accounts) {
      await administer(name, `CREATE USER ${account} IDENTIFIED BY 'doctor'`);
      await administer(name, `GRANT SELECT, INSERT, UPDATE ON \`${schema}\`.* TO ${account}`);
    }
    try {
      const { findings, exitCode } = await examine(url.href);
      const bad = findings.filter(({ verdict }) => verdict !== 'pass');
      expect(bad).toMatchObject([
        { check: 'privileges', verdict: 'fail' },
        { check: 'privileges', verdict: 'warn' },
      ]);
      expect(bad[0].message).toMatch(/^the user lacks DELETE on .* and \d+ more$/);
      expect(bad[1].message).toMatch(/^the user may change what is append-only: settle_journal, .* and \d+ more$/);
      expect(exitCode).toBe(2);
    } finally {
      for (const account of accounts) await administer(name, `DROP USER ${account}`);
    }
  });

  test('a server that is not there: exit 1', async () => {
    const url = new URL(bench.url);
    url.port = '1';
    const { code, stdout } = await runSettle(['doctor'], { url: url.href });
    expect(code).toBe(1);
    expect(stdout).toMatch(/^fail {2}database {2}the database server cannot be reached.*\n *-> is it running/);
  });
});

test('a URL that cannot be read: exit 2', async () => {
  const { code, stdout } = await runSettle(['doctor', '--json'], { url: 'postgres://x/y' });
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({ ok: false, findings: [{ check: 'database', verdict: 'fail' }] });
});
