/** notification_token: where a user is reached (web, ios, android). One that a receiver calls unregistered has `invalid_at`. */
import type { Migration } from '../migration.ts';

const servers = [
  `CREATE TABLE IF NOT EXISTS notification_token (user_id BIGINT NOT NULL,
       platform VARCHAR(16) NOT NULL,
       token VARCHAR(512) NOT NULL,
       invalid_at DATETIME(3) NULL,
       PRIMARY KEY (user_id, platform, token)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin`,
];

export const migration: Migration = {
  name: '0911_notification_token',
  sqlite: [
    `CREATE TABLE IF NOT EXISTS notification_token (user_id INTEGER NOT NULL,
       platform TEXT NOT NULL,
       token TEXT NOT NULL,
       invalid_at TEXT NULL,
       PRIMARY KEY (user_id, platform, token))`,
  ],
  mariadb: servers,
  mysql: servers,
};
