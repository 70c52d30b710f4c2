/**
 * How long a lease was given for, in milliseconds: one that ends later than that from now was given by a clock that has
 * been set back since. Null: given by an earlier version, which wrote when it began and when it ends.
 */
import type { Migration } from './migration.ts';

export const migration: Migration = {
  name: '0650_settle_lease_duration',
  up: async (knex, dialect) => {
    if (await knex.schema.hasColumn('settle_lease', 'lease_ms')) return;
    await knex.raw(`ALTER TABLE settle_lease ADD COLUMN lease_ms ${dialect.columnTypes.bigint}`);
  },
};
