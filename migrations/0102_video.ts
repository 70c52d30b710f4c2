/** video: the platform's videos and their creators; NULL: no known creator. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0102_video',
  up: async (knex, dialect) => {
    const { bigint } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'video',
      `id ${bigint} NOT NULL PRIMARY KEY,
       creator_id ${bigint} NULL`,
    );
  },
};
