/** The row of settle_read_head. What was published before it has no revision of its own: 0. */
import type { Migration } from '../migration.ts';

const start = (identity: string) => [
  {
    unless: { rowIn: 'settle_read_head' },
    sql: `INSERT INTO settle_read_head (id, identity, revision) VALUES (1, ${identity}, 0)`,
  },
];

export const migration: Migration = {
  name: '0952_settle_read_start',
  sqlite: start('lower(hex(randomblob(16)))'),
  mariadb: start('UUID()'),
  mysql: start('UUID()'),
};
