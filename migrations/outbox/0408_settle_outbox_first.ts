/** The one row of settle_outbox_next: ids begin at 1. */
import type { Migration } from '../migration.ts';

const first = [
  {
    unless: { rowIn: 'settle_outbox_next' },
    sql: 'INSERT INTO settle_outbox_next (singleton, next_id) VALUES (1, 1)',
  },
];

export const migration: Migration = { name: '0408_settle_outbox_first', sqlite: first, mariadb: first, mysql: first };
