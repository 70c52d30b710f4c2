/**
 * How long a lease was given for, in milliseconds: one that ends later than that from now was given by a clock that has
 * been set back since. Null: given by an earlier version, which wrote when it began and when it ends.
 */
import type { Change, Migration } from '../migration.ts';

const servers: readonly Change[] = [
  { unless: { column: ['settle_lease', 'lease_ms'] }, sql: 'ALTER TABLE settle_lease ADD COLUMN lease_ms BIGINT' },
];

export const migration: Migration = {
  name: '0650_settle_lease_duration',
  sqlite: [
    { unless: { column: ['settle_lease', 'lease_ms'] }, sql: 'ALTER TABLE settle_lease ADD COLUMN lease_ms INTEGER' },
  ],
  mariadb: servers,
  mysql: servers,
};
