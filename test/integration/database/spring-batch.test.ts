/**
 * Databases in which a Spring Batch application keeps its job repository, made by Spring Batch's own scripts: settle shares
 * those of versions 5 and 6 without an id in common, and names the others.
 */
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { nextJobExecutionId, nextJobInstanceId, nextStepExecutionId } from '../../../src/repository/next-id.ts';
import { freshDatabase, type TestDatabase, testDatabases } from '../../support/databases.ts';
import { migrate, requireCurrentSchema } from '../../support/migrate.ts';
import { examine } from '../../support/platform.ts';
import { runSettle } from '../../support/run-settle.ts';

const AT = '2026-11-01 03:00:00.000000';

describe.each(testDatabases())('beside Spring Batch on $name', ({ name }) => {
  let bench: TestDatabase;
  let database: Database;
  beforeEach(async () => {
    bench = await freshDatabase(name);
    database = await openDatabase(bench.url);
  });
  afterEach(async () => {
    await database.close();
    await bench.drop();
  });

  async function runScript(path: string): Promise<void> {
    const text = readFileSync(new URL(`../../fixtures/spring-batch/${path}`, import.meta.url), 'utf8');
    const statements = text.replace(/^--.*$/gm, '').split(';');
    for (const statement of statements) if (statement.trim() !== '') await database.knex.raw(statement);
  }

  /** What a start of a Spring Batch application writes, its ids taken from its own sequences. */
  async function springStart(instanceSequence: string, key: string): Promise<number> {
    const { knex, dialect } = database;
    const id = await dialect.nextSequenceValue(knex, instanceSequence);
    const instance = { JOB_INSTANCE_ID: id, VERSION: 0, JOB_NAME: 'nightly', JOB_KEY: key.padEnd(32, '0') };
    await knex('BATCH_JOB_INSTANCE').insert(instance);
    const execution = await dialect.nextSequenceValue(knex, 'BATCH_JOB_EXECUTION_SEQ');
    const ofExecution = { JOB_EXECUTION_ID: execution, VERSION: 0, JOB_INSTANCE_ID: id, CREATE_TIME: AT };
    await knex('BATCH_JOB_EXECUTION').insert({ ...ofExecution, STATUS: 'COMPLETED', EXIT_CODE: 'COMPLETED' });
    const step = await dialect.nextSequenceValue(knex, 'BATCH_STEP_EXECUTION_SEQ');
    await knex('BATCH_STEP_EXECUTION').insert({
      STEP_EXECUTION_ID: step,
      VERSION: 0,
      STEP_NAME: 'load',
      JOB_EXECUTION_ID: execution,
      CREATE_TIME: AT,
      STATUS: 'COMPLETED',
    });
    return id;
  }

  const scripts: [version: string, script: string, sequence: string][] = [
    ['5', `5.2.2/schema-${name}.sql`, 'BATCH_JOB_SEQ'],
    ['6', `6.0.0/schema-${name}.sql`, 'BATCH_JOB_INSTANCE_SEQ'],
  ];
  // An application that reached MariaDB by a MySQL driver has one-row tables for sequences.
  if (name === 'mariadb') scripts.push(['5 as for MySQL', '5.2.2/schema-mysql.sql', 'BATCH_JOB_SEQ']);

  test.each(scripts)('version %s: every start of both gets an id of its own', async (_version, script, sequence) => {
    await runScript(script);
    for (let start = 1; start <= 7; start++) expect(await springStart(sequence, `before${start}`)).toBe(start);
    expect((await runSettle(['migrate'], { url: bench.url })).code).toBe(0);
    const { code, stderr } = await runSettle(['--date', '2026-11-20'], { url: bench.url });
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    const instances = await database.knex('BATCH_JOB_INSTANCE').orderBy('JOB_INSTANCE_ID').pluck('JOB_INSTANCE_ID');
    // A start of Spring's behind ours, and one of ours behind that.
    const springs = await springStart(sequence, 'between');
    expect(springs).toBe(instances.length + 1);
    expect(await nextJobInstanceId(database, database.knex)).toBe(springs + 1);
    expect(await springStart(sequence, 'after')).toBe(springs + 2);
    expect((await examine(bench.url)).findings.filter(({ verdict }) => verdict === 'fail')).toEqual([]);
    const [{ rows }] = await database.knex('BATCH_JOB_EXECUTION').count({ rows: '*' });
    expect(Number(rows)).toBe(instances.length + 2);
  });

  test('a sequence that is behind its table, as after a restore, is brought behind it', async () => {
    await migrate(database);
    const instance = { JOB_INSTANCE_ID: 40, VERSION: 0, JOB_NAME: 'daily', JOB_KEY: '1'.repeat(32) };
    await database.knex('BATCH_JOB_INSTANCE').insert([instance, { ...instance, JOB_INSTANCE_ID: 1, JOB_KEY: 'x' }]);
    const execution = { JOB_EXECUTION_ID: 1, VERSION: 0, JOB_INSTANCE_ID: 40, CREATE_TIME: AT, STATUS: 'COMPLETED' };
    await database.knex('BATCH_JOB_EXECUTION').insert([execution, { ...execution, JOB_EXECUTION_ID: 50 }]);
    expect(await nextJobInstanceId(database, database.knex)).toBe(41);
    expect(await database.transaction((tx) => nextJobExecutionId(database, tx))).toBe(51);
    expect(await nextStepExecutionId(database, database.knex)).toBe(1);
    // What an application beside us takes from them after the migration of a database that had rows, and no sequence.
    const [last] = await migrateAgain();
    expect(last).toBe('0620_batch_sequences');
    expect(await database.dialect.nextSequenceValue(database.knex, 'BATCH_JOB_EXECUTION_SEQ')).toBe(61);
  });

  async function migrateAgain(): Promise<string[]> {
    await database.knex('BATCH_JOB_EXECUTION').where({ JOB_EXECUTION_ID: 50 }).update({ JOB_EXECUTION_ID: 60 });
    await database.knex('settle_migration').where({ name: '0620_batch_sequences' }).delete();
    return await migrate(database);
  }

  test('version 4 is named, by migrate, doctor and every other command', async () => {
    await runScript(name === 'sqlite' ? '4.3.10/schema-sqlite.sql' : '4.3.10/schema-mysql.sql');
    const before = await database.dialect.inspect.tables(database.knex);
    const words = /BATCH_JOB_EXECUTION_PARAMS .* is that of Spring Batch 4 or older: it has no column PARAMETER_NAME/;
    for (const command of [['migrate'], ['--date', '2026-11-20']]) {
      const { code, stderr } = await runSettle(command, { url: bench.url });
      expect(code, command.join(' ')).toBe(10);
      expect(stderr).toMatch(words);
      expect(stderr).toContain('migration/5.0/migration-*.sql');
    }
    const { findings, exitCode } = await examine(bench.url);
    expect(exitCode).toBe(2);
    expect(findings).toContainEqual(
      expect.objectContaining({ check: 'schema', verdict: 'fail', message: expect.stringMatching(words) }),
    );
    expect(await database.dialect.inspect.tables(database.knex)).toEqual(before);
    if (name !== 'mysql') return;
    // By Spring Batch's own script they become tables that settle shares.
    await runScript('migration/5.0/migration-mysql.sql');
    await migrate(database);
    await requireCurrentSchema(database);
    await springStart('BATCH_JOB_SEQ', 'later');
    expect(await nextJobInstanceId(database, database.knex)).toBe(2);
  });

  test('a database that an older settle had migrated over version 4 is told the same', async () => {
    await migrate(database);
    await database.knex.raw('ALTER TABLE BATCH_JOB_EXECUTION_PARAMS RENAME COLUMN PARAMETER_TYPE TO TYPE_CD');
    await expect(requireCurrentSchema(database)).rejects.toMatchObject({
      code: 'SPRING_BATCH_SCHEMA',
      exitCode: 10,
      message: expect.stringContaining('no column PARAMETER_TYPE'),
    });
  });
});
