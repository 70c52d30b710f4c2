/** settle_video_settlement: what a date pays for a video, with all that it was computed from; older revisions stay. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0302_settle_video_settlement',
  up: async (knex, dialect) => {
    const { bigint, date, integer, varchar } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'settle_video_settlement',
      `business_date ${date} NOT NULL,
       video_id ${bigint} NOT NULL,
       revision ${integer} NOT NULL,
       is_current ${integer} NOT NULL,
       creator_id ${bigint} NULL,
       card_no ${integer} NOT NULL,
       views_before ${bigint} NOT NULL,
       views_after ${bigint} NOT NULL,
       ads_before ${bigint} NOT NULL,
       ads_after ${bigint} NOT NULL,
       view_amount ${bigint} NOT NULL,
       ad_amount ${bigint} NOT NULL,
       total ${bigint} NOT NULL,
       input_digest ${varchar(64)} NOT NULL,
       job_execution_id ${bigint} NOT NULL,
       PRIMARY KEY (business_date, video_id, revision)`,
    );
  },
};
