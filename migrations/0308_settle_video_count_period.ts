/** settle_video_count_period: which months and years are summed, from which publications of statistics, and last checked when. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0308_settle_video_count_period',
  up: async (knex, dialect) => {
    const { bigint, varchar } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'settle_video_count_period',
      `period ${varchar(7)} NOT NULL PRIMARY KEY,
       publications_digest ${varchar(64)} NOT NULL,
       content_digest ${varchar(64)} NOT NULL,
       rows_summed ${bigint} NOT NULL,
       videos ${bigint} NOT NULL,
       checked_job_execution_id ${bigint} NOT NULL`,
    );
  },
};
