/** The schema as the library brings it: the tables of the engine, and those of the caller's own list. */
import { engineMigrations } from '../migrations/engine/index.ts';
import type { Migration } from '../migrations/migration.ts';
import { platformMigrationNames } from '../migrations/names.ts';
import type { Database } from './database/database.ts';
import * as schema from './database/migrate.ts';

/** The platform's tables may be in the same database: they are known, not made. */
const known = platformMigrationNames;

/**
 * Makes or updates tables, under a lock, so that any number of processes may try at once.
 * @param list what to bring; default: the engine's tables. Own migrations go behind those (`[...engineMigrations, ...own]`)
 * and are named `owner/NNNN_what_it_does`; the order of the list is the order in which they are applied.
 * @returns the names of what was applied
 * @throws SettleError: SCHEMA_NEWER (exit 10) when a newer version has migrated the database
 */
export async function migrate(
  database: Database,
  list: readonly Migration[] = engineMigrations,
): Promise<readonly string[]> {
  return await schema.migrate(database, list, known);
}

/** Reads which migrations of the list (default: the engine's) are applied. */
export async function migrationStatus(
  database: Database,
  list: readonly Migration[] = engineMigrations,
): Promise<schema.MigrationStatus> {
  return await schema.migrationStatus(database, list, known);
}

/** Throws SCHEMA_OUTDATED (exit 10) unless every migration of the list (default: the engine's) is applied. */
export async function requireCurrentSchema(
  database: Database,
  list: readonly Migration[] = engineMigrations,
): Promise<void> {
  await schema.requireCurrentSchema(database, list, known);
}
