/** The eight lanes. Their number is kept: where a key belongs must not change. */
import type { Migration } from '../migration.ts';

const lanes = [
  {
    unless: { rowIn: 'settle_outbox_lane' },
    sql: 'INSERT INTO settle_outbox_lane (lane, last_id) VALUES (0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0), (7, 0)',
  },
];

export const migration: Migration = { name: '0803_settle_outbox_lanes', sqlite: lanes, mariadb: lanes, mysql: lanes };
