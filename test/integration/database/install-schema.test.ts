/** The tables that tests begin with are those that `settle migrate` makes. */
import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { freshDatabase, freshPlatform, testDatabases } from '../../support/databases.ts';
import { migrate, migrationStatus } from '../../support/migrate.ts';
import { schemaShape } from '../../support/released.ts';

describe.each(testDatabases())('a schema that was installed on $name', ({ name }) => {
  test('is the one that migrations make', async () => {
    await (await freshPlatform(name)).drop();
    const places = [await freshPlatform(name), await freshDatabase(name)];
    const [installed, migrated] = await Promise.all(places.map(({ url }) => openDatabase(url)));
    try {
      await migrate(migrated);
      expect(await schemaShape(installed, name)).toEqual(await schemaShape(migrated, name));
      const status = await migrationStatus(installed);
      expect(status).toEqual(await migrationStatus(migrated));
      expect(status.pending).toEqual([]);
      for (const table of [
        'settle_outbox_lane',
        'settle_outbox_next',
        'settle_ledger_head',
        'BATCH_JOB_EXECUTION_SEQ',
      ]) {
        expect(await installed.knex(table).select(), table).toEqual(await migrated.knex(table).select());
      }
      expect(await installed.dialect.nextSequenceValue(installed.knex, 'BATCH_JOB_EXECUTION_SEQ')).toBe(1);
    } finally {
      await Promise.all([installed.close(), migrated.close()]);
      for (const place of places) await place.drop();
    }
  });
});
