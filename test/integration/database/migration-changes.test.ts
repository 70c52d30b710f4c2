/** What a migration can do, done again after a crash; lists of the engine, the platform and others in one database. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { applyMigration } from '../../../migrations/apply.ts';
import { migration as paramsKey } from '../../../migrations/engine/0601_batch_job_execution_params_key.ts';
import { migration as sequenceKey } from '../../../migrations/engine/0602_batch_step_execution_seq_key.ts';
import { engineMigrations } from '../../../migrations/engine/index.ts';
import { platformMigrations } from '../../../migrations/index.ts';
import { type Change, type Migration, MigrationRefusal } from '../../../migrations/migration.ts';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import * as library from '../../../src/schema.ts';
import { freshDatabase, type TestDatabase, testDatabases } from '../../support/databases.ts';
import * as platform from '../../support/migrate.ts';

const engineNames = engineMigrations.map(({ name }) => name);

/** One made for the test, the same on every database. */
function migrationOf(name: string, ...changes: readonly Change[]): Migration {
  return { name, sqlite: changes, mariadb: changes, mysql: changes };
}

describe.each(testDatabases())('a migration on $name', ({ name }) => {
  let place: TestDatabase;
  let database: Database;

  beforeEach(async () => {
    place = await freshDatabase(name);
    database = await openDatabase(place.url);
  });
  afterEach(async () => {
    await database.close();
    await place.drop();
  });

  test('adds, alters, moves rows and drops; done again it does nothing', async () => {
    const { knex } = database;
    await knex.raw('CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY, old INTEGER)');
    await knex('t').insert({ id: 1, old: 20 });
    const moved = migrationOf(
      'own/0001_cents',
      { unless: { column: ['t', 'cents'] }, sql: 'ALTER TABLE t ADD COLUMN cents INTEGER' },
      { unless: { index: ['t', 't_cents'] }, sql: 'CREATE INDEX t_cents ON t (cents)' },
      { when: { column: ['t', 'old'] }, sql: 'UPDATE t SET cents = old * 100 WHERE cents IS NULL' },
      { when: { column: ['t', 'old'] }, sql: 'ALTER TABLE t DROP COLUMN old' },
      { unless: { table: 'u' }, sql: 'CREATE TABLE u (id INTEGER NOT NULL PRIMARY KEY)' },
      { unless: { rowIn: 'u' }, sql: 'INSERT INTO u (id) VALUES (7)' },
      {
        unless: { trigger: 'u_kept' },
        sql: `CREATE TRIGGER u_kept BEFORE DELETE ON u FOR EACH ROW ${
          name === 'sqlite' ? "BEGIN SELECT RAISE(ABORT, 'kept'); END" : "SIGNAL SQLSTATE '45000'"
        }`,
      },
      async (executor) => {
        if ((await executor('t').where({ id: 2 }).first()) === undefined)
          await executor('t').insert({ id: 2, cents: 5 });
      },
    );
    for (let time = 0; time < 2; time++) {
      await applyMigration(moved, knex, name);
      expect(await knex('t').orderBy('id')).toEqual([
        { id: 1, cents: 2000 },
        { id: 2, cents: 5 },
      ]);
      expect(await knex('u').select()).toEqual([{ id: 7 }]);
    }
    expect(await database.dialect.inspect.indexesOn(knex, 't', 'cents')).toEqual(['t_cents']);
    await expect(knex('u').delete()).rejects.toThrow();
  });

  test('of the library makes the tables of the engine, beside which other lists live', async () => {
    expect(await library.migrate(database)).toEqual(engineNames);
    const tables = await database.dialect.inspect.tables(database.knex);
    for (const table of ['view_log', 'settle_journal', 'challenge']) expect(tables).not.toContain(table);
    await library.requireCurrentSchema(database);

    const own = [
      ...engineMigrations,
      migrationOf('orders/0001_orders', 'CREATE TABLE IF NOT EXISTS orders (id INTEGER)'),
    ];
    expect(await library.migrate(database, own)).toEqual(['orders/0001_orders']);
    // The platform comes into the same database: its own migrations only, and nobody takes another's for a newer settle's.
    const rest = platformMigrations.filter((one) => !engineMigrations.includes(one)).map((one) => one.name);
    expect(await platform.migrate(database)).toEqual(rest);
    await platform.requireCurrentSchema(database);
    await library.requireCurrentSchema(database);
    expect(await library.migrate(database, own)).toEqual([]);

    await database.knex('settle_migration').insert({ name: 'orders/0002_later', batch: 9 });
    await expect(library.requireCurrentSchema(database, own)).rejects.toMatchObject({ code: 'SCHEMA_NEWER' });
    await platform.requireCurrentSchema(database);
    await database.knex('settle_migration').insert({ name: '9999_of_a_newer_settle', batch: 9 });
    for (const refused of [library.migrate, library.requireCurrentSchema, platform.migrate]) {
      await expect(refused(database)).rejects.toMatchObject({ code: 'SCHEMA_NEWER', exitCode: 10 });
    }
  });

  test('that refuses what it finds stops there, with its hint', async () => {
    const refusing = migrationOf('own/0001_refusing', async () => {
      throw new MigrationRefusal('NOT_WHOLE', 't keeps a half', 'set it right');
    });
    const own = [...engineMigrations, refusing];
    const refusal = { code: 'NOT_WHOLE', exitCode: 20, message: 't keeps a half', hint: 'set it right' };
    await expect(library.migrate(database, own)).rejects.toMatchObject(refusal);
    expect((await library.migrationStatus(database, own)).pending).toContain('own/0001_refusing');
  });

  if (name === 'sqlite') return;

  test('gives tables of Spring Batch their primary keys, unless their rows forbid it', async () => {
    const { dialect, knex } = database;
    const { inspect } = dialect;
    const params = 'BATCH_JOB_EXECUTION_PARAMS';
    await knex.raw(
      `CREATE TABLE ${params} (JOB_EXECUTION_ID BIGINT NOT NULL, PARAMETER_NAME VARCHAR(100) NOT NULL,
         KEY JOB_EXEC_PARAMS_FK (JOB_EXECUTION_ID))`,
    );
    const row = { JOB_EXECUTION_ID: 1, PARAMETER_NAME: 'a' };
    await knex(params).insert([row, row]);
    await applyMigration(paramsKey, knex, name);
    expect(await inspect.primaryKey(knex, params)).toEqual([]);
    await knex(params).limit(1).delete();
    for (let time = 0; time < 2; time++) {
      await applyMigration(paramsKey, knex, name);
      expect(await inspect.primaryKey(knex, params)).toEqual(['JOB_EXECUTION_ID', 'PARAMETER_NAME']);
      expect(await inspect.indexesOn(knex, params, 'JOB_EXECUTION_ID')).toEqual(['PRIMARY']);
    }
    // As Spring Batch's own script makes it.
    const sequence = 'BATCH_STEP_EXECUTION_SEQ';
    await knex.raw(
      `CREATE TABLE ${sequence} (ID BIGINT NOT NULL, UNIQUE_KEY CHAR(1) NOT NULL, UNIQUE UK (UNIQUE_KEY))`,
    );
    await knex(sequence).insert({ ID: 41, UNIQUE_KEY: '0' });
    for (let time = 0; time < 2; time++) await applyMigration(sequenceKey, knex, name);
    expect(await inspect.primaryKey(knex, sequence)).toEqual(['UNIQUE_KEY']);
    expect(await inspect.indexesOn(knex, sequence, 'UNIQUE_KEY')).toEqual(['PRIMARY']);
    expect(await dialect.nextSequenceValue(knex, sequence)).toBe(42);
  });
});
