/** A database that has tables already: those that settle can read stay, another one of its name is not taken for its own. */
import { expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { freshDatabase, testDatabases } from '../../support/databases.ts';
import { runSettle } from '../../support/run-settle.ts';

test.each(testDatabases())(
  'migrate refuses another table of its name on $name, and makes nothing',
  async ({ name }) => {
    const place = await freshDatabase(name);
    const database = await openDatabase(place.url);
    const { knex, dialect } = database;
    const migrate = () => runSettle(['migrate'], { url: place.url });
    const refused = (why: string) => ({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(
        new RegExp(`^settle: there is a table video already .*: ${why}\\. Nothing was made.*\\n$`),
      ),
    });
    try {
      await knex.raw('CREATE TABLE video (id BIGINT PRIMARY KEY, title VARCHAR(20))');
      expect(await migrate()).toMatchObject(refused('it has no column creator_id'));
      expect(await runSettle(['migrate', '--dry-run'], { url: place.url })).toMatchObject(
        refused('it has no column creator_id'),
      );
      expect(await dialect.inspect.tables(knex)).toEqual(['video']);
      await knex.raw('ALTER TABLE video ADD creator_id VARCHAR(20)');
      expect(await migrate()).toMatchObject(refused('its creator_id is VARCHAR\\(20\\), and must be an integer'));
      await knex.raw('ALTER TABLE video DROP COLUMN creator_id');
      await knex.raw('ALTER TABLE video ADD creator_id BIGINT');
      await knex('video').insert({ id: 1, title: 'kept', creator_id: 7 });
      expect(await migrate()).toMatchObject({ code: 0, stderr: '' });
      expect(await knex('video').select('title')).toEqual([{ title: 'kept' }]);
    } finally {
      await database.close();
      await place.drop();
    }
  },
);
