/**
 * Brings a database's schema up to date by a list of migrations, under a lock, so that any number of processes may try
 * at once; and tells whether it is up to date.
 */
import type { Knex } from 'knex';
import { applyMigration } from '../../migrations/apply.ts';
import { type Migration, MigrationRefusal } from '../../migrations/migration.ts';
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

/**
 * Applies what is pending, in the order of the list, and returns its names.
 * @param known names that this version of settle has besides, in lists that the program does not bring
 * @throws SettleError: SCHEMA_NEWER (exit 10) when the database is ahead of this program, and what a migration refuses
 */
export async function migrate(
  database: Database,
  list: readonly Migration[],
  known: readonly string[] = [],
): Promise<string[]> {
  return await database.dialect.withLock(database, 'migrate', LOCK_SECONDS_MAX, async (executor) => {
    const { pending, unknown } = await readStatus(executor, list, known);
    if (unknown.length > 0) throw schemaNewer(database, unknown);
    await requireBatchSchema(database, executor);
    if (pending.length === 0) return [];
    const config = migratorConfig(database.dialect, list);
    // We alone hold the lock, so knex's own lock row can only be what a killed process left behind.
    await executor.migrate.forceFreeMigrationsLock(config);
    const [, applied] = await executor.migrate.latest(config);
    return applied;
  });
}

/** What tells whether a schema is up to date: a migration, or its name alone. */
export type NamedMigration = Pick<Migration, 'name'>;

/** Reads only: on an empty database everything is pending. */
export async function migrationStatus(
  database: Database,
  list: readonly NamedMigration[],
  known: readonly string[] = [],
): Promise<MigrationStatus> {
  return await readStatus(database.knex, list, known);
}

/**
 * The number of the last migration of the oldest release whose tables the reading commands still understand, `stop` and
 * `recover` among them: on the night of an upgrade an operator sees what runs before he migrates.
 */
const oldestReadable = '0501';

/**
 * Passes for a current schema and for one that is behind by releases that can still be read. Throws as
 * `requireCurrentSchema` for any other.
 * @returns how many migrations are pending
 */
export async function requireReadableSchema(
  database: Database,
  list: readonly NamedMigration[],
  known: readonly string[] = [],
): Promise<number> {
  const { pending, unknown } = await readStatus(database.knex, list, known);
  const isReadable = unknown.length === 0 && pending.every((name) => name.slice(0, 4) > oldestReadable);
  if (!isReadable || pending.length === 0) await requireCurrentSchema(database, list, known);
  return pending.length;
}

/**
 * Throws SCHEMA_OUTDATED (exit code 10) unless every migration is applied, and SPRING_BATCH_SCHEMA when the tables BATCH_*
 * are of a version that settle does not share. Three queries that read no table of any size.
 */
export async function requireCurrentSchema(
  database: Database,
  list: readonly NamedMigration[],
  known: readonly string[] = [],
): Promise<void> {
  const { pending, unknown } = await readStatus(database.knex, list, known);
  if (unknown.length > 0) throw schemaNewer(database, unknown);
  // Asked in detail only where something is wrong. An unreadable table is for the statement that needs it.
  if (pending.length > 0 || !(await hasBatchSchema(database.knex))) await requireBatchSchema(database, database.knex);
  if (pending.length === 0) return;
  const state =
    pending.length === list.length
      ? 'has no settle tables yet'
      : `lacks ${pending.length === 1 ? '1 migration' : `${pending.length} migrations`}`;
  throw new SettleError('SCHEMA_OUTDATED', ExitCode.schemaOutdated, `the database ${database.displayUrl} ${state}`, {
    hint: 'run: settle migrate',
  });
}

/**
 * Names without an owner (`0001_a`, not `owner/0001_a`) are those of settle itself: one that is in no list of this version was
 * applied by a newer settle, as was one of an owner that `list` has. What other owners have applied is their affair.
 */
async function readStatus(
  executor: Executor,
  list: readonly NamedMigration[],
  known: readonly string[],
): Promise<MigrationStatus> {
  const applied = new Set(
    (await executor.schema.hasTable(TABLE)) ? await executor(TABLE).orderBy('name').pluck<string[]>('name') : [],
  );
  const names = list.map(({ name }) => name);
  const owners = new Set(['', ...names.map(ownerOf)]);
  const all = new Set([...names, ...known]);
  return {
    applied: names.filter((name) => applied.has(name)),
    pending: names.filter((name) => !applied.has(name)),
    unknown: [...applied].filter((name) => !all.has(name) && owners.has(ownerOf(name))),
  };
}

/** Empty: settle itself. */
function ownerOf(name: string): string {
  return name.slice(0, Math.max(0, name.indexOf('/')));
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
function migratorConfig(dialect: Dialect, list: readonly Migration[]): Knex.MigratorConfig {
  const migrationSource: Knex.MigrationSource<Migration> = {
    getMigrations: async () => [...list],
    getMigrationName: (migration) => migration.name,
    getMigration: async (migration) => ({ up: (knex) => apply(migration, knex, dialect), down: refuseDown }),
  };
  // knex would refuse what others have applied; `readStatus` tells theirs from a newer settle's.
  return { migrationSource, tableName: TABLE, disableTransactions: true, disableMigrationsListValidation: true };
}

async function apply(migration: Migration, knex: Knex, dialect: Dialect): Promise<void> {
  try {
    await applyMigration(migration, knex, dialect.name);
  } catch (error) {
    if (!(error instanceof MigrationRefusal)) throw error;
    throw new SettleError(error.code, ExitCode.invariantBroken, error.message, { hint: error.hint });
  }
}

async function refuseDown(): Promise<void> {
  throw new Error('migrations of settle are not undone; restore a backup instead');
}
