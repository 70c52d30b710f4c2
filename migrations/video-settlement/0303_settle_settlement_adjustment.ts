/** settle_settlement_adjustment: what late rows change about a closed date, booked in a date that is open. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_settlement_adjustment (corrected_date DATE NOT NULL,
       video_id BIGINT NOT NULL,
       adjustment_no INT NOT NULL,
       corrected_job_execution_id BIGINT NOT NULL,
       booked_date DATE NOT NULL,
       creator_id BIGINT NULL,
       card_no INT NOT NULL,
       views_before BIGINT NOT NULL,
       views_after BIGINT NOT NULL,
       ads_before BIGINT NOT NULL,
       ads_after BIGINT NOT NULL,
       view_amount BIGINT NOT NULL,
       ad_amount BIGINT NOT NULL,
       total BIGINT NOT NULL,
       input_digest VARCHAR(64) NOT NULL,
       job_execution_id BIGINT NOT NULL,
       PRIMARY KEY (corrected_date, video_id, adjustment_no),
       UNIQUE (booked_date, corrected_date, video_id, adjustment_no)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0303_settle_settlement_adjustment',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_settlement_adjustment (corrected_date TEXT NOT NULL,
       video_id INTEGER NOT NULL,
       adjustment_no INTEGER NOT NULL,
       corrected_job_execution_id INTEGER NOT NULL,
       booked_date TEXT NOT NULL,
       creator_id INTEGER NULL,
       card_no INTEGER NOT NULL,
       views_before INTEGER NOT NULL,
       views_after INTEGER NOT NULL,
       ads_before INTEGER NOT NULL,
       ads_after INTEGER NOT NULL,
       view_amount INTEGER NOT NULL,
       ad_amount INTEGER NOT NULL,
       total INTEGER NOT NULL,
       input_digest VARCHAR(64) NOT NULL,
       job_execution_id INTEGER NOT NULL,
       PRIMARY KEY (corrected_date, video_id, adjustment_no),
       UNIQUE (booked_date, corrected_date, video_id, adjustment_no))`,
  ],
  mariadb: servers,
  mysql: servers,
};
