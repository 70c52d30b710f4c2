/** SIGKILL in the middle of `settle migrate`: the next one completes the schema. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { platformMigrations } from '../../../migrations/index.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { freshDatabase, serverDatabases, type TestDatabase, testDatabases } from '../../support/databases.ts';
import { countPoints, type KillPoint, pointText, runThroughKills } from '../../support/kill-run.ts';
import { migrationStatus } from '../../support/migrate.ts';
import { isThorough, onServers } from '../../support/thorough.ts';

async function expectComplete(url: string): Promise<void> {
  const database = await openDatabase(url);
  try {
    const names = platformMigrations.map((migration) => migration.name);
    expect(await migrationStatus(database)).toEqual({ applied: names, pending: [], unknown: [] });
    for (const sequence of ['BATCH_JOB_INSTANCE_SEQ', 'BATCH_JOB_EXECUTION_SEQ', 'BATCH_STEP_EXECUTION_SEQ']) {
      expect(await database.dialect.nextSequenceValue(database.knex, sequence)).toBe(1);
    }
  } finally {
    await database.close();
  }
}

describe.each(testDatabases())('a migration that is killed on $name', { timeout: 300_000 }, ({ name }) => {
  it('is completed by the next one, killed between any two statements', async () => {
    const first = await freshDatabase(name);
    const { statements } = await countPoints(['migrate'], first.url);
    await first.drop();
    const kills = isThorough ? 10 : onServers(name, 6, 3);
    for (let kill = 0; kill < kills; kill++) {
      const test = await freshDatabase(name);
      const point: KillPoint = { mode: 'before-statement', at: Math.ceil(((kill + 0.5) * statements) / kills) };
      try {
        expect(await runThroughKills(['migrate'], test.url, [point]), pointText(point)).toBe(1);
        await expectComplete(test.url);
      } finally {
        await test.drop();
      }
    }
  });
});

// Servers commit each DDL by itself. Each run gets on by some changes and is killed again: between a table and the note
// of it, or between that note and the next table. A thorough run gets on by a change or two, so that it meets every
// migration. (SQLite begins anew each time.)
describe.each(serverDatabases())(
  'a migration that is killed at each change on $name',
  { timeout: 300_000 },
  ({ name }) => {
    /** What changes the schema or notes that it was changed. */
    const changes = 'create (table|sequence)|insert into .(\\w+_seq|settle_migration). ';
    let test: TestDatabase;
    beforeEach(async () => {
      test = await freshDatabase(name);
    });
    afterEach(() => test.drop());

    it.each(isThorough ? [3, 4] : [name === 'mariadb' ? 18 : 19])(
      'goes on, always killed before change %i',
      async (at) => {
        const endless = Array.from(
          { length: 200 },
          (): KillPoint => ({ mode: 'before-statement', at, match: changes }),
        );
        expect(await runThroughKills(['migrate'], test.url, endless)).toBeGreaterThan(5);
        await expectComplete(test.url);
      },
    );
  },
);
