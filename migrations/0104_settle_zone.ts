/** settle_zone: what is remembered about runs of ids of a log (src/jobs/views/zones/zone.ts). */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0104_settle_zone',
  up: async (knex, dialect) => {
    const { bigint, longText, varchar } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'settle_zone',
      `table_name ${varchar(64)} NOT NULL,
       from_id ${bigint} NOT NULL,
       to_id ${bigint} NOT NULL,
       row_count ${bigint} NOT NULL,
       undated_count ${bigint} NOT NULL,
       id_sum ${bigint} NOT NULL,
       id_square_sum ${bigint} NOT NULL,
       min_ms ${bigint} NULL,
       max_ms ${bigint} NULL,
       strays ${longText} NULL,
       PRIMARY KEY (table_name, from_id)`,
    );
  },
};
