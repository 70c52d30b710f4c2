/** Databases that earlier versions filled: migrated to today's schema, equal to a fresh one, their unfinished run finished. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { verifyLedger } from '../../../src/ledger/verify-ledger.ts';
import { freshDatabase, type TestDatabase, testDatabases } from '../../support/databases.ts';
import { disarmLedger } from '../../support/disarm-ledger.ts';
import { migrate } from '../../support/migrate.ts';
import { restoreRelease, schemaShape } from '../../support/released.ts';
import { runSettle } from '../../support/run-settle.ts';

const versions = ['0.1.0'];

describe.each(testDatabases().flatMap(({ name }) => versions.map((version) => ({ name, version }))))(
  'a database of settle $version on $name',
  ({ name, version }) => {
    let place: TestDatabase;
    let database: Database;

    beforeEach(async () => {
      place = await freshDatabase(name);
      await restoreRelease(place, version);
      database = await openDatabase(place.url);
    });
    afterEach(async () => {
      await database.close();
      await place.drop();
    });

    test('migrates to the schema that a fresh one has', async () => {
      const before = await database.knex('settle_entry').orderBy(['journal_id', 'line_no']);
      await migrate(database);
      const fresh = await freshDatabase(name);
      const other = await openDatabase(fresh.url);
      try {
        await migrate(other);
        expect(await schemaShape(database, name)).toEqual(await schemaShape(other, name));
      } finally {
        await other.close();
        await fresh.drop();
      }
      const after = await database.knex('settle_entry').orderBy(['journal_id', 'line_no']).limit(before.length);
      expect(after).toEqual(before);
      expect(await verifyLedger(database)).toMatchObject({ sound: true });
      // What was there before is on the chain now: from here on changes of it are found.
      await disarmLedger(database);
      await database.knex('settle_rate_card').where({ card_no: 0 }).update({ name: 'another' });
      expect(await verifyLedger(database)).toMatchObject({ sound: false, violation: { place: 'rate card 0' } });
    });

    test('goes on with the run that was killed in it', async () => {
      const env = { url: place.url };
      expect(await runSettle(['migrate'], env)).toMatchObject({ code: 0 });
      const finished = await runSettle(['run', 'daily', '--date', '2026-11-20', '--json'], env);
      // 3: the log has invalid rows, which are set aside.
      expect(finished).toMatchObject({ code: 3 });
      const view = JSON.parse(finished.stdout);
      // The same instance: its frozen plan and its committed partitions are taken over.
      expect(view).toMatchObject({ instanceId: 8, status: 'COMPLETED' });
      const dates = ['2026-11-18', '2026-11-19', '2026-11-20'];
      for (const date of dates) {
        expect(await runSettle(['verify', '--date', date], env)).toMatchObject({ code: 0 });
      }
      expect(await runSettle(['ledger', 'verify'], env)).toMatchObject({ code: 0 });
      const [{ open }] = await database.knex('BATCH_JOB_EXECUTION').where({ STATUS: 'STARTED' }).count({ open: '*' });
      expect(Number(open)).toBe(0);
    });
  },
);
