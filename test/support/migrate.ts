/** The schema of the whole platform, as `settle migrate` makes it. */
import { platformMigrations } from '../../migrations/index.ts';
import type { Database } from '../../src/database/database.ts';
import * as schema from '../../src/database/migrate.ts';

export async function migrate(database: Database): Promise<string[]> {
  return await schema.migrate(database, platformMigrations);
}

export async function migrationStatus(database: Database): Promise<schema.MigrationStatus> {
  return await schema.migrationStatus(database, platformMigrations);
}

export async function requireCurrentSchema(database: Database): Promise<void> {
  await schema.requireCurrentSchema(database, platformMigrations);
}
