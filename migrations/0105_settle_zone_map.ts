/** settle_zone_map: up to which id a log has zones. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0105_settle_zone_map',
  up: async (knex, dialect) => {
    const { bigint, varchar } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'settle_zone_map',
      `table_name ${varchar(64)} NOT NULL PRIMARY KEY,
       extended_to ${bigint} NULL`,
    );
  },
};
