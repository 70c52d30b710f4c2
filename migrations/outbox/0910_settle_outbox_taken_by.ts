/**
 * settle_outbox_held.taken_by: which sinks of its topic have a row already that others lack. Bits, by the place of the sink
 * in the topic's list: 1 is the first.
 */
import type { Change, Migration } from '../migration.ts';

const servers: readonly Change[] = [
  {
    unless: { column: ['settle_outbox_held', 'taken_by'] },
    sql: 'ALTER TABLE settle_outbox_held ADD COLUMN taken_by INT NOT NULL DEFAULT 0',
  },
];

export const migration: Migration = {
  name: '0910_settle_outbox_taken_by',
  sqlite: [
    {
      unless: { column: ['settle_outbox_held', 'taken_by'] },
      sql: 'ALTER TABLE settle_outbox_held ADD COLUMN taken_by INTEGER NOT NULL DEFAULT 0',
    },
  ],
  mariadb: servers,
  mysql: servers,
};
