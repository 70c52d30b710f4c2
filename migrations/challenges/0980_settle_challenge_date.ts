/** The challenges that a date settled, for its money: without the index each look reads every challenge there ever was. */
import type { Change, Migration } from '../migration.ts';

const servers: readonly Change[] = [
  {
    unless: { index: ['settle_challenge', 'settle_challenge_date'] },
    sql: 'ALTER TABLE settle_challenge ADD INDEX settle_challenge_date (business_date)',
  },
];

export const migration: Migration = {
  name: '0980_settle_challenge_date',
  sqlite: ['CREATE INDEX IF NOT EXISTS settle_challenge_date ON settle_challenge (business_date)'],
  mariadb: servers,
  mysql: servers,
};
