/**
 * settle_outbox_lane.in_flight: what the owner of a lane has on its way, as JSON: `upTo` (new rows up to this id) and `held`
 * (ids). Null: nothing. Found by the next owner, it names what may be delivered twice.
 */
import type { Change, Migration } from '../migration.ts';

const servers: readonly Change[] = [
  {
    unless: { column: ['settle_outbox_lane', 'in_flight'] },
    sql: 'ALTER TABLE settle_outbox_lane ADD COLUMN in_flight LONGTEXT NULL',
  },
];

export const migration: Migration = {
  name: '0807_settle_outbox_in_flight',
  sqlite: [
    {
      unless: { column: ['settle_outbox_lane', 'in_flight'] },
      sql: 'ALTER TABLE settle_outbox_lane ADD COLUMN in_flight TEXT NULL',
    },
  ],
  mariadb: servers,
  mysql: servers,
};
