/** `settle doctor` on the platform's tables: what must not alarm, because runs are right with it, and what must, by name. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import type { NamedFinding } from '../../../src/doctor/examine.ts';
import { createUser } from '../../support/database-user.ts';
import {
  administer,
  freshPlatform,
  sampledDatabases,
  serverDatabases,
  type TestDatabase,
} from '../../support/databases.ts';
import { examine, sourcePrivileges, tablePrivileges } from '../../support/platform.ts';
import { settle } from '../daily/support.ts';

describe.each(sampledDatabases(import.meta.url))("doctor on the platform's tables on $name", ({ name }) => {
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

  const MODIFY = (table: string, column: string, type: string) => `ALTER TABLE ${table} MODIFY ${column} ${type}`;

  /** What is not `pass`, but that the administrator of a server may change what is append-only. */
  async function complaints(): Promise<readonly NamedFinding[]> {
    const { findings } = await examine(bench.url);
    return findings.filter(({ verdict, message }) => verdict !== 'pass' && !message.includes('append-only'));
  }

  const VIEWED_AT = name === 'sqlite' ? 'TEXT' : 'DATETIME(3)';
  const OTHERS = `video_id BIGINT, viewer_id BIGINT, viewed_at ${VIEWED_AT}, play_seconds INT, ad_views INT`;
  const KEY = name === 'sqlite' ? 'INTEGER PRIMARY KEY' : 'BIGINT PRIMARY KEY';
  const shapes: [what: string, statements: string[]][] = [
    [
      'upper-case columns',
      [`CREATE TABLE view_log (ID ${KEY}, ${OTHERS.toUpperCase().replace('DATETIME', 'datetime')})`],
    ],
    [
      'a virtual first column',
      [`CREATE TABLE view_log (minute BIGINT GENERATED ALWAYS AS (play_seconds / 60) VIRTUAL, id ${KEY}, ${OTHERS})`],
    ],
    [
      'a stored first column',
      [`CREATE TABLE view_log (minute BIGINT GENERATED ALWAYS AS (play_seconds / 60) STORED, id ${KEY}, ${OTHERS})`],
    ],
    ['an unused column', [`CREATE TABLE view_log (id ${KEY}, ${OTHERS}, device VARCHAR(20) NOT NULL DEFAULT '')`]],
  ];
  if (name !== 'sqlite') {
    shapes.push([
      'partitions by time',
      [
        `CREATE TABLE view_log (id BIGINT NOT NULL, ${OTHERS.replace('(3)', '(3) NOT NULL')}, PRIMARY KEY (id, viewed_at))
          PARTITION BY RANGE COLUMNS (viewed_at) (PARTITION a VALUES LESS THAN ('2026-11-01'), PARTITION b VALUES LESS THAN (MAXVALUE))`,
      ],
    ]);
  }

  test.each(shapes)('%s: no alarm, and a run is right', async (_what, statements) => {
    await database.knex.schema.dropTable('view_log');
    for (const statement of statements) await database.knex.raw(statement);
    expect(await complaints()).toEqual([]);
    await database.knex('video').insert({ id: 1, creator_id: null });
    const view = { viewed_at: '2026-11-20 05:00:00.000', video_id: 1, viewer_id: 1, play_seconds: 7, ad_views: 0 };
    await database.knex('view_log').insert({ id: 1, ...view });
    await settle(database, '2026-11-20', 'Asia/Seoul', { workers: 1 });
    const sums = await database.knex('video_daily_stats').select('views', 'play_seconds');
    expect(sums.map((row) => ({ ...row }))).toEqual([{ views: 1, play_seconds: 7 }]);
  });

  test('view_log and video as views: no alarm but that import cannot write what nobody can', async () => {
    const { knex } = database;
    await knex.raw('ALTER TABLE view_log RENAME TO raw_views');
    await knex.raw('ALTER TABLE video RENAME TO raw_videos');
    await knex.raw(
      'CREATE VIEW view_log AS SELECT id, video_id, viewer_id, viewed_at, play_seconds, ad_views FROM raw_views',
    );
    await knex.raw('CREATE VIEW video AS SELECT id, creator_id FROM raw_videos');
    expect(await complaints()).toEqual([]);
    await knex.raw('DROP VIEW view_log');
    await knex.raw(
      'CREATE VIEW view_log AS SELECT DISTINCT id, video_id, viewer_id, viewed_at, play_seconds, ad_views FROM raw_views',
    );
    if (name === 'sqlite') return expect(await complaints()).toEqual([]);
    expect(await complaints()).toMatchObject([
      { check: 'privileges', verdict: 'warn', message: expect.stringMatching(/import and seed lack .*view_log/) },
    ]);
  });

  test('columns that a run cannot read, or import cannot fill, are named', async () => {
    const { knex } = database;
    const expected: string[] = [];
    if (name === 'sqlite') {
      await knex.schema.dropTable('view_log');
      await knex.raw(`CREATE TABLE view_log (id INTEGER PRIMARY KEY, video_id BIGINT, viewer_id VARCHAR(20), viewed_at TEXT,
        play_seconds INT, ad_views INT, device TEXT NOT NULL)`);
      await knex.raw('ALTER TABLE challenge_member RENAME COLUMN quit_at TO left_at');
      expected.push('fail view_log.viewer_id is VARCHAR(20), and must be an integer');
    } else {
      await knex.raw(MODIFY('view_log', 'viewer_id', 'VARCHAR(20) NOT NULL'));
      await knex.raw(MODIFY('view_log', 'play_seconds', 'DECIMAL(10,2) NOT NULL'));
      await knex.raw(MODIFY('view_log', 'viewed_at', 'DATE NULL'));
      await knex.raw('ALTER TABLE view_log ADD device VARCHAR(20) NOT NULL');
      await knex.raw('ALTER TABLE challenge_member RENAME COLUMN quit_at TO left_at');
      expected.push(
        'fail view_log.viewer_id is VARCHAR(20), and must be an integer',
        'fail view_log.viewed_at is DATE, and must be a DATETIME(3)',
        'fail view_log.play_seconds is DECIMAL(10,2), and must be an integer',
      );
    }
    expected.push(
      'warn runs are right, but import and seed cannot write view_log: device may not be NULL and has no default',
      'fail challenge_member has no column quit_at',
    );
    const { findings, exitCode } = await examine(bench.url);
    const ofColumns = findings.filter(({ check }) => check === 'columns');
    expect(ofColumns.map(({ verdict, message }) => `${verdict} ${message}`)).toEqual(expected);
    expect(exitCode).toBe(2);
    if (name === 'sqlite') return;
    // The hint of the first is a statement; with all of them a run is right again.
    expect(ofColumns[0].hint).toContain('ALTER TABLE view_log MODIFY viewer_id BIGINT');
    await knex.raw(MODIFY('view_log', 'viewer_id', 'BIGINT NOT NULL'));
    await knex.raw(MODIFY('view_log', 'play_seconds', 'INT UNSIGNED NOT NULL'));
    await knex.raw(MODIFY('view_log', 'viewed_at', 'DATETIME NULL'));
    await knex.raw('ALTER TABLE challenge_member RENAME COLUMN left_at TO quit_at');
    await knex.raw("ALTER TABLE view_log ALTER device SET DEFAULT ''");
    expect(await complaints()).toMatchObject([
      {
        check: 'columns',
        verdict: 'warn',
        message: expect.stringContaining('view_log.viewed_at is DATETIME: its precision'),
      },
    ]);
    await knex.raw(MODIFY('view_log', 'viewed_at', 'TIMESTAMP(6) NULL'));
    expect(await complaints()).toEqual([]);
  });

  test('a table of the platform that is gone is named', async () => {
    await database.knex.schema.dropTable('challenge_proof');
    expect(await complaints()).toMatchObject([
      { check: 'columns', verdict: 'fail', message: 'there is no table challenge_proof that the user may see' },
    ]);
  });
});

describe.each(serverDatabases())('privileges on $name', ({ name }) => {
  test('every table that runs use, of which the user cannot even see some', async () => {
    const bench = await freshPlatform(name);
    const database = await openDatabase(bench.url);
    const user = await createUser(bench);
    const schema = new URL(bench.url).pathname.slice(1);
    const account = (host: string) => `'${new URL(user.url).username}'@'${host}'`;
    try {
      const hidden = ['challenge', 'challenge_member', 'settle_lot'];
      for (const [table, privileges] of Object.entries({ ...tablePrivileges, ...sourcePrivileges })) {
        if (hidden.includes(table)) continue;
        for (const host of ['%', 'localhost']) {
          await administer(name, `GRANT ${privileges.join(', ')} ON \`${schema}\`.${table} TO ${account(host)}`);
        }
      }
      const { findings, exitCode } = await examine(user.url);
      const lacking = findings.filter(({ check, verdict }) => check === 'privileges' && verdict === 'fail');
      expect(lacking.map(({ message }) => message).sort()).toEqual([
        'the user lacks INSERT on settle_lot',
        'the user lacks SELECT on settle_lot, challenge, challenge_member',
        'the user lacks UPDATE on settle_lot, challenge',
      ]);
      expect(exitCode).toBe(2);
    } finally {
      await user.drop();
      await database.close();
      await bench.drop();
    }
  });
});
