/** A platform whose tables have other names: what is read through a mapping is what would be read without one. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { applyMigration } from '../../../migrations/apply.ts';
import { viewsMigrations } from '../../../migrations/views/index.ts';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { dailyJob } from '../../../src/jobs/daily/definition.ts';
import { applyMappings, requireMapped } from '../../../src/mapping/apply-mappings.ts';
import type { MappingSettings } from '../../../src/mapping/mapping.ts';
import { runJob } from '../../../src/steps/run-job.ts';
import { buildLog } from '../../oracles/logs.ts';
import { writeLog } from '../../oracles/read-log.ts';
import { freshPlatform, type TestDatabase, testDatabases } from '../../support/databases.ts';
import { digestResults } from '../../support/digest-results.ts';
import { runKilled } from '../../support/kill-run.ts';
import { examine, registry } from '../../support/platform.ts';
import { runSettle } from '../../support/run-settle.ts';
import { importCsv, load, randomData } from '../challenge/support.ts';

const DATE = '2026-06-10';
const ZONE = 'Asia/Seoul';
const RUN = ['--date', DATE, '--zone', ZONE, '--workers', '1', '--partitions', '2', '--chunk', '110'];

/** The platform's own names, by those of settle. */
const views = {
  table: 'play_history',
  columns: { id: 'no', viewer_id: 'user_id', viewed_at: 'created_at', play_seconds: 'secs' },
};
const platform = {
  views,
  videos: { table: 'Clips', columns: { creator_id: 'uploader' } },
  challenges: { table: 'quest', columns: { id: 'quest_no', status: 'state', end_date: 'last day' } },
  members: { table: 'quest_user', columns: { challenge_id: 'quest_no', quit_at: 'left_at' } },
  proofs: { table: 'quest_photo', columns: { proof_date: 'taken_on' } },
} as const satisfies MappingSettings;
const NAMES = {
  views: 'view_log',
  videos: 'video',
  challenges: 'challenge',
  members: 'challenge_member',
  proofs: 'challenge_proof',
};
const INPUTS = [...Object.values(NAMES), ...Object.values(platform).map(({ table }) => table), 'settle_mapping'];

const folder = mkdtempSync(join(tmpdir(), 'settle-mapping-'));
afterAll(() => rmSync(folder, { recursive: true }));

const nobodyRuns = async () => {};
const mappingsOf = (mappings: MappingSettings) => registry.mappings({ mappings });

describe.each(testDatabases())('mapped tables on $name', { timeout: 240_000 }, ({ name }) => {
  const open: { readonly bench: TestDatabase; readonly database: Database }[] = [];
  let bench: TestDatabase;
  let database: Database;
  beforeEach(async () => {
    ({ bench, database } = await openPlatform());
  });
  afterEach(async () => {
    for (const one of open.splice(0)) {
      await one.database.close();
      await one.bench.drop();
    }
  });

  async function openPlatform() {
    const test = await freshPlatform(name);
    const one = { bench: test, database: await openDatabase(test.url) };
    open.push(one);
    return one;
  }

  const quote = (text: string) => database.dialect.quoteIdentifier(text);

  /** Gives the tables the platform's names; what becomes of `settle migrate` on a platform that is there. */
  async function rename(settings: MappingSettings): Promise<void> {
    for (const [setting, { table, columns = {} }] of Object.entries(settings)) {
      await database.knex.raw(`ALTER TABLE ${Reflect.get(NAMES, setting)} RENAME TO ${quote(table)}`);
      for (const [from, to] of Object.entries(columns)) {
        await database.knex.raw(`ALTER TABLE ${quote(table)} RENAME COLUMN ${from} TO ${quote(to)}`);
      }
    }
  }

  async function settle(of: Database): Promise<void> {
    const options = { workers: 1, partitions: 2, chunkSize: 110 };
    const { outcome } = await runJob(of, dailyJob, { date: DATE, zone: ZONE }, options);
    expect(outcome).toMatch(/^completed/);
  }

  async function results({ url }: TestDatabase, of: Database): Promise<unknown> {
    const digests = Object.entries(await digestResults(url)).filter(([table]) => !INPUTS.includes(table));
    const statuses = await of.knex('challenge').orderBy('id').select('id', 'status');
    return { ...Object.fromEntries(digests), statuses: statuses.map((row) => `${row.id} ${row.status}`) };
  }

  test('a night is that of the canonical names, killed, refused under another mapping, and continued', async () => {
    const plain = await openPlatform();
    const data = randomData(15, 3);
    for (const one of [plain, { bench, database }]) {
      await writeLog(one.bench.url, buildLog('dirty', 7, 240, DATE, ZONE));
      await load(one.database, data);
    }
    await settle(plain.database);
    const expected = await results(plain.bench, plain.database);
    expect(expected).toMatchObject({
      video_daily_stats: expect.anything(),
      settle_video_settlement: expect.anything(),
      settle_payout: expect.anything(),
      settle_quarantine: expect.anything(),
    });

    await rename(platform);
    // As a migration left it before there was a mapping: empty, in the place of the view.
    await applyMigration(viewsMigrations[0], database.knex, name);
    const config = join(folder, `${name}.json`);
    writeFileSync(config, JSON.stringify(platform));
    const migrated = await runSettle(['--config', config, 'migrate'], { url: bench.url });
    expect(migrated).toMatchObject({ code: 0, stderr: '' });
    expect(migrated.stdout).toContain('view_log was a table of its own, is read from play_history');
    expect(await applyMappings(database, await mappingsOf(platform), nobodyRuns)).toEqual([]);

    const args = ['--config', config, ...RUN];
    const killed = await runKilled(args, bench.url, { mode: 'before-commit', at: 30, match: '^(?!.*_SEQ\\b)' });
    expect(killed.killed).toBe(true);

    const zones = () => database.knex('settle_zone').where({ table_name: 'view_log' });
    expect(await zones()).not.toEqual([]);
    // As a `settle migrate` leaves it that was killed while it made the view.
    await database.knex('settle_mapping').where({ table_name: 'view_log' }).update({ state: 'CHANGING' });
    const halfMapped = { exitCode: 10, message: expect.stringContaining('view_log was left half mapped') };
    await expect(requireMapped(database, await mappingsOf(platform))).rejects.toMatchObject(halfMapped);
    await expect(runJob(database, dailyJob, { date: DATE, zone: ZONE })).rejects.toMatchObject({ exitCode: 10 });
    expect(await applyMappings(database, await mappingsOf(platform), nobodyRuns)).toHaveLength(1);

    await database.knex.raw('ALTER TABLE play_history ADD moderator_id BIGINT');
    const other = { ...platform, views: { ...views, columns: { ...views.columns, viewer_id: 'moderator_id' } } };
    await expect(requireMapped(database, await mappingsOf(other))).rejects.toMatchObject({
      exitCode: 10,
      message: expect.stringContaining('view_log.viewer_id was user_id, is moderator_id'),
    });
    await applyMappings(database, await mappingsOf(other), nobodyRuns);
    expect(await zones()).toEqual([]);
    await expect(runJob(database, dailyJob, { date: DATE, zone: ZONE })).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(/read other tables: view_log\.viewer_id was user_id, is moderator_id$/),
    });
    await applyMappings(database, await mappingsOf(platform), nobodyRuns);

    await settle(database);
    expect(await results(bench, database)).toEqual(expected);
    if (name === 'sqlite') {
      const verified = await runSettle(['--config', config, 'verify', '--date', DATE], { url: bench.url });
      expect(verified).toMatchObject({ code: 0 });
    }
    const { findings } = await examine(bench.url, { mappings: await mappingsOf(platform) });
    expect(findings.filter(({ check }) => ['mappings', 'columns'].includes(check))).toMatchObject([
      { check: 'mappings', verdict: 'pass', message: expect.stringContaining('challenge reads quest,') },
      { check: 'columns', verdict: 'pass' },
    ]);
  });

  test('what does not fit is named in one line, at the start and by doctor', async () => {
    await rename(platform);
    await applyMappings(database, await mappingsOf(platform), nobodyRuns);
    const text = name === 'sqlite' ? 'TEXT' : 'VARCHAR(20)';
    const source = `SELECT ${['no', 'video_id', 'user_id', 'created_at', 'secs', 'ad_views'].join(', ')} FROM play_history`;
    const broken: [what: string, statements: string[], settings: MappingSettings, message: string][] = [
      [
        'table',
        [],
        { views: { ...views, table: 'no_such' } },
        'there is no table no_such that the user may see, and the configuration reads it as view_log',
      ],
      [
        'column',
        [],
        { views: { table: 'play_history' } },
        'play_history has no column id, which settle reads as view_log.id',
      ],
      [
        'type',
        [`ALTER TABLE play_history ADD nick ${text}`],
        { views: { ...views, columns: { ...views.columns, viewer_id: 'nick' } } },
        `play_history.nick is ${text}, and view_log.viewer_id must be an integer`,
      ],
      [
        'key',
        ['CREATE INDEX by_user ON play_history (user_id)'],
        { views: { ...views, columns: { ...views.columns, id: 'user_id' } } },
        'play_history.user_id is no unique key, and settle reads view_log by ranges of it',
      ],
      [
        'key of a view',
        [`CREATE VIEW all_plays AS ${source} UNION ALL ${source}`],
        { views: { ...views, table: 'all_plays' } },
        'all_plays.no is no unique key through the view, and settle reads view_log by ranges of it',
      ],
      [
        'update',
        ['CREATE VIEW quests AS SELECT DISTINCT * FROM quest'],
        { challenges: { ...platform.challenges, table: 'quests' } },
        'quests stands for challenge, whose status settle sets, and cannot: a view stands where settle needs a table',
      ],
    ];
    for (const [what, statements, settings, message] of broken) {
      for (const statement of statements) await database.knex.raw(statement);
      const mappings = await mappingsOf({ ...platform, ...settings });
      await expect(requireMapped(database, mappings), what).rejects.toMatchObject({ exitCode: 2 });
      await expect(applyMappings(database, mappings, nobodyRuns), what).rejects.toMatchObject({ exitCode: 2 });
      const { findings, exitCode } = await examine(bench.url, { mappings });
      const failed = findings.filter(({ verdict, message: text }) => verdict === 'fail' && text.startsWith(message));
      expect(failed, what).toMatchObject([{ check: 'mappings', hint: expect.anything() }]);
      expect(exitCode, what).toBe(2);
    }
    // The mapping of the database was never touched.
    await requireMapped(database, await mappingsOf(platform));

    // A view of the platform's that gives each row once is as good as a table.
    await database.knex.raw(`CREATE VIEW seen AS ${source} WHERE secs >= 0`);
    const seen = await mappingsOf({ ...platform, views: { ...views, table: 'seen' } });
    await applyMappings(database, seen, nobodyRuns);
    await requireMapped(database, seen);
  });

  test('rows are written through it where the database can, and it goes again', async () => {
    const { knex } = database;
    await rename({ videos: platform.videos });
    const mappings = await mappingsOf({ videos: platform.videos });
    await applyMappings(database, mappings, nobodyRuns);
    const imported = importCsv(database, 'videos', 'id,creator_id\n1,7\n2,\n');
    if (name === 'sqlite') {
      await expect(imported).rejects.toMatchObject({
        exitCode: 2,
        message: expect.stringMatching(/^a view stands where/),
      });
      await knex('Clips').insert([{ id: 1, uploader: 7 }, { id: 2 }]);
    } else await imported;
    expect((await knex('Clips').orderBy('id')).map((row) => ({ ...row }))).toEqual([
      { id: 1, uploader: 7 },
      { id: 2, uploader: null },
    ]);

    // Rows in the table of settle's own name would be read no more.
    await knex('view_log').insert({ id: 1, video_id: 1, viewer_id: 1, play_seconds: 1, ad_views: 0 });
    await knex.raw(
      'CREATE TABLE play_history (no BIGINT PRIMARY KEY, video_id BIGINT, user_id BIGINT, created_at DATETIME(3), secs INT, ad_views INT)',
    );
    const both = await mappingsOf({ videos: platform.videos, views });
    await expect(applyMappings(database, both, nobodyRuns)).rejects.toMatchObject({
      exitCode: 2,
      message: 'view_log holds rows, and the configuration maps views to another table',
    });
    await knex('view_log').delete();
    const live = Object.assign(new Error('a mapping is not changed under a run'), {
      isSettleError: true,
      exitCode: 11,
    });
    await expect(applyMappings(database, both, () => Promise.reject(live))).rejects.toBe(live);
    await requireMapped(database, mappings);
    await applyMappings(database, both, nobodyRuns);

    // Back: the table that was kept aside has its name again, with what guards it.
    const none = await mappingsOf({});
    await expect(applyMappings(database, none, nobodyRuns)).rejects.toMatchObject({
      exitCode: 2,
      message: 'the configuration maps videos no more, and there is no table video',
    });
    await knex.raw('DROP VIEW video');
    await knex.raw('ALTER TABLE Clips RENAME TO video');
    await applyMappings(database, none, nobodyRuns);
    expect(await database.dialect.inspect.relation(knex, 'view_log')).toBe('table');
    expect(await database.dialect.inspect.primaryKey(knex, 'view_log')).toEqual(['id']);
    await requireMapped(database, none);
  });
});
