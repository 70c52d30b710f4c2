/** The schema: is every migration applied, none of a newer settle, and are the tables BATCH_* of a version that settle shares? */
import { engineMigrations } from '../../../migrations/engine/index.ts';
import { requireBatchSchema } from '../../database/batch-schema.ts';
import { migrationStatus } from '../../database/migrate.ts';
import { type Check, misconfigured, pass } from '../check.ts';

export const schemaCheck: Check = {
  name: 'schema',
  async run({ database, migrations = engineMigrations, knownMigrations }) {
    await requireBatchSchema(database, database.knex);
    const { applied, pending, unknown } = await migrationStatus(database, migrations, knownMigrations);
    if (unknown.length > 0) {
      return misconfigured(`migrated by a newer settle (${unknown[0]})`, 'use the newer version of settle');
    }
    if (pending.length > 0) {
      const state =
        applied.length === 0 ? 'there are no settle tables yet' : `${pending.length} migrations are pending`;
      return misconfigured(state, 'run `settle migrate`');
    }
    return pass(`up to date, ${applied.length} migrations`);
  },
};
