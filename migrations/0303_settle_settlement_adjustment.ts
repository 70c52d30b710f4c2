/** settle_settlement_adjustment: what late rows change about a closed date, booked in a date that is open. */
import { createTable, type Migration } from './migration.ts';

export const migration: Migration = {
  name: '0303_settle_settlement_adjustment',
  up: async (knex, dialect) => {
    const { bigint, date, integer, varchar } = dialect.columnTypes;
    await createTable(
      knex,
      dialect,
      'settle_settlement_adjustment',
      `corrected_date ${date} NOT NULL,
       video_id ${bigint} NOT NULL,
       adjustment_no ${integer} NOT NULL,
       corrected_job_execution_id ${bigint} NOT NULL,
       booked_date ${date} NOT NULL,
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
       PRIMARY KEY (corrected_date, video_id, adjustment_no),
       UNIQUE (booked_date, corrected_date, video_id, adjustment_no)`,
    );
  },
};
