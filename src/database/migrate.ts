/**
 * Brings a database's schema up to date by the list in migrations/index.ts, under a lock, so that any number of
 * processes may try at once; and tells whether it is up to date.
 */
import type { Knex } from 'knex';
import { migrations } from '../../migrations/index.ts';
import type { Migration } from '../../migrations/migration.ts';
import { ExitCode, SettleError } from '../errors.ts';
import { hasBatchSchema, requireBatchSchema } from './batch-schema.ts';
import type { Database, Executor } from './database.ts';
import type { Dialect } from './dialect.ts';

const TABLE = 'settle_migration';
const LOCK_SECONDS_MAX = 120;

export interface MigrationStatus {
  readonly applied: readonly string[];
  readonly pending: readonly string[];
  /** Applied by a newer version of settle: this one must not touch the database. */
  readonly unknown: readonly string[];
}

/** Applies what is pending and returns its names. Throws SCHEMA_NEWER when the database is ahead of this program. */
export async function migrate(database: Database): Promise<string[]> {
  return await database.dialect.withLock(database, 'migrate', LOCK_SECONDS_MAX, async (executor) => {
    const { pending, unknown } = await readStatus(executor);
    if (unknown.length > 0) throw schemaNewer(database, unknown);
    await requireBatchSchema(database, executor);
    if (pending.length === 0) return [];
    const config = migratorConfig(database.dialect);
    // We alone hold the lock, so knex's own lock row can only be what a killed process left behind.
    await executor.migrate.forceFreeMigrationsLock(config);
    const [, applied] = await executor.migrate.latest(config);
    return applied;
  });
}

/** Reads only: on an empty database everything is pending. */
export async function migrationStatus(database: Database): Promise<MigrationStatus> {
  return await readStatus(database.knex);
}

/**
 * The last migration of the oldest release whose tables the reading commands still understand, `stop` and `recover`
 * among them: on the night of an upgrade an operator sees what runs before he migrates.
 */
const oldestReadable = '0501_settle_view_amount';

/**
 * Passes for a current schema and for one that is behind by releases that can still be read. Throws as
 * `requireCurrentSchema` for any other.
 * @returns how many migrations are pending
 */
export async function requireReadableSchema(database: Database): Promise<number> {
  const { pending, unknown } = await readStatus(database.knex);
  const isReadable = unknown.length === 0 && pending.every((name) => name > oldestReadable);
  if (!isReadable || pending.length === 0) await requireCurrentSchema(database);
  return pending.length;
}

/**
 * Throws SCHEMA_OUTDATED (exit code 10) unless every migration is applied, and SPRING_BATCH_SCHEMA when the tables BATCH_*
 * are of a version that settle does not share. Three queries that read no table of any size.
 */
export async function requireCurrentSchema(database: Database): Promise<void> {
  const { pending, unknown } = await readStatus(database.knex);
  if (unknown.length > 0) throw schemaNewer(database, unknown);
  // Asked in detail only where something is wrong. An unreadable table is for the statement that needs it.
  if (pending.length > 0 || !(await hasBatchSchema(database.knex))) await requireBatchSchema(database, database.knex);
  if (pending.length === 0) return;
  const state =
    pending.length === migrations.length
      ? 'has no settle tables yet'
      : `lacks ${pending.length === 1 ? '1 migration' : `${pending.length} migrations`}`;
  throw new SettleError('SCHEMA_OUTDATED', ExitCode.schemaOutdated, `the database ${database.displayUrl} ${state}`, {
    hint: 'run: settle migrate',
  });
}

async function readStatus(executor: Executor): Promise<MigrationStatus> {
  const names = (await executor.schema.hasTable(TABLE))
    ? await executor(TABLE).orderBy('name').pluck<string[]>('name')
    : [];
  const known = migrations.map((migration) => migration.name);
  return {
    applied: known.filter((name) => names.includes(name)),
    pending: known.filter((name) => !names.includes(name)),
    unknown: names.filter((name) => !known.includes(name)),
  };
}

function schemaNewer(database: Database, unknown: readonly string[]): SettleError {
  return new SettleError(
    'SCHEMA_NEWER',
    ExitCode.schemaOutdated,
    `the database ${database.displayUrl} was migrated by a newer settle (${unknown[0]})`,
    { hint: 'use the newer version of settle' },
  );
}

/** DDL commits by itself on servers, and on SQLite the lock is one transaction already: hence none a migration. */
function migratorConfig(dialect: Dialect): Knex.MigratorConfig {
  const migrationSource: Knex.MigrationSource<Migration> = {
    getMigrations: async () => [...migrations],
    getMigrationName: (migration) => migration.name,
    getMigration: async (migration) => ({ up: (knex) => migration.up(knex, dialect), down: refuseDown }),
  };
  return { migrationSource, tableName: TABLE, disableTransactions: true };
}

async function refuseDown(): Promise<void> {
  throw new Error('migrations of settle are not undone; restore a backup instead');
}
