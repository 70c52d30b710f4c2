/** settle_video_settlement: what a date pays for a video, with all that it was computed from; older revisions stay. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS settle_video_settlement (business_date DATE NOT NULL,
       video_id BIGINT NOT NULL,
       revision INT NOT NULL,
       is_current INT NOT NULL,
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
       PRIMARY KEY (business_date, video_id, revision)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0302_settle_video_settlement',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS settle_video_settlement (business_date TEXT NOT NULL,
       video_id INTEGER NOT NULL,
       revision INTEGER NOT NULL,
       is_current INTEGER NOT NULL,
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
       PRIMARY KEY (business_date, video_id, revision))`,
  ],
  mariadb: servers,
  mysql: servers,
};
