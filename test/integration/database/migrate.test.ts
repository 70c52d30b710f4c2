/** Migrations: once each, by any number of processes at a time, and what is refused. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { platformMigrations } from '../../../migrations/index.ts';
import { platformMigrationNames } from '../../../migrations/names.ts';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { freshDatabase, type TestDatabase, testDatabases } from '../../support/databases.ts';
import { migrate, migrationStatus, requireCurrentSchema } from '../../support/migrate.ts';

const names = platformMigrations.map((migration) => migration.name);

test('the list of migrations is in the order of its names, each once, and so is what is known without loading them', () => {
  expect(platformMigrationNames).toEqual(names);
  expect(names).toEqual([...new Set(names)].sort());
});

describe.each(testDatabases())('migrations on $name', ({ name }) => {
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

  test('are applied once, and asked for before', async () => {
    expect(await migrationStatus(database)).toEqual({ applied: [], pending: names, unknown: [] });
    await expect(requireCurrentSchema(database)).rejects.toMatchObject({ exitCode: 10, hint: 'run: settle migrate' });
    expect(await migrate(database)).toEqual(names);
    expect(await migrate(database)).toEqual([]);
    expect(await migrationStatus(database)).toEqual({ applied: names, pending: [], unknown: [] });
    await requireCurrentSchema(database);
    for (const sequence of ['BATCH_JOB_INSTANCE_SEQ', 'BATCH_JOB_EXECUTION_SEQ', 'BATCH_STEP_EXECUTION_SEQ']) {
      expect(await database.dialect.nextSequenceValue(database.knex, sequence)).toBe(1);
    }
  });

  test('go on where a killed process left off, even between a statement and the note of it', async () => {
    await migrate(database);
    await database.knex('settle_migration').where('name', '>=', names[3]).delete();
    await database.knex('settle_migration_lock').update({ is_locked: 1 });
    expect(await migrate(database)).toEqual(names.slice(3));
  });

  test('of a newer program are left alone', async () => {
    await migrate(database);
    await database.knex('settle_migration').insert({ name: '9999_from_the_future', batch: 2 });
    for (const refused of [migrate, requireCurrentSchema]) {
      await expect(refused(database)).rejects.toMatchObject({ code: 'SCHEMA_NEWER', exitCode: 10 });
    }
  });

  test('are applied once by five processes at once', async () => {
    const script = fileURLToPath(new URL('../../support/migrate-process.ts', import.meta.url));
    const children = Array.from({ length: 5 }, () =>
      spawn(process.execPath, [script, place.url], { stdio: ['pipe', 'pipe', 'inherit'] }),
    );
    const outputs = children.map(() => '');
    for (const [index, child] of children.entries()) {
      child.stdout.on('data', (data) => {
        outputs[index] += data;
      });
    }
    const exits = children.map((child) => once(child, 'exit'));
    await Promise.all(children.map((child) => once(child.stdout, 'data')));
    for (const child of children) child.stdin.write('go\n');
    expect((await Promise.all(exits)).map(([code]) => code)).toEqual([0, 0, 0, 0, 0]);
    const counts = outputs.map((output) => Number(output.split('\n')[1])).sort((a, b) => a - b);
    expect(counts).toEqual([0, 0, 0, 0, names.length]);
  });
});
