/** Makes what a command works with: settings, a log, and the database, which is opened once and always closed. */

import type { Database } from '../database/database.ts';
import type { NamedMigration } from '../database/migrate.ts';
import type { CommandContext, Registry } from './command-context.ts';
import { type GlobalFlags, loadSettings, type Settings } from './config.ts';
import type { MetricsFile } from './metrics/metrics-text.ts';
import type { PlatformOptions } from './platform-options.ts';

export interface ContextOptions {
  /**
   * What schema the command works on. `current` (default); `readable`: also one that is a release behind, for commands
   * that only read or that free what hangs; `any`: only for `migrate`.
   */
  readonly schema?: 'current' | 'readable' | 'any';
  /** Makes an SQLite file that does not exist. */
  readonly create?: boolean;
}

/**
 * Opens the database, makes sure of its schema, runs `work`, closes.
 * @throws SettleError: exit 2 for settings, 10 for an outdated schema, and whatever opening or `work` throws.
 */
export async function withDatabase<T>(
  registry: Registry,
  flags: GlobalFlags,
  work: (context: CommandContext) => Promise<T>,
  options: ContextOptions = {},
): Promise<T> {
  const settings = await loadSettings(flags);
  const { createLogger } = await import('./logger.ts');
  const logger = createLogger(settings);
  await registry.useErrorRules();
  const { openDatabase } = await import('../database/open.ts');
  const database = await openDatabase(settings.databaseUrl, { create: options.create === true });
  try {
    const { schema = 'current' } = options;
    if (schema !== 'any') {
      const migrations = await namesOf(registry.options);
      const known = await registry.options.knownMigrations?.();
      const { requireCurrentSchema, requireReadableSchema } = await import('../database/migrate.ts');
      if (schema === 'current') {
        await requireCurrentSchema(database, migrations, known);
        await requireMappings(registry, settings, database);
      } else if ((await requireReadableSchema(database, migrations, known)) > 0) {
        const { tell } = await import('./errors.ts');
        tell(
          'the schema is of an older settle: this command reads it as it is',
          'run `settle migrate` before the next run',
        );
      }
    }
    const { metricsFile } = flags;
    const metrics = metricsFile && new (await import('./metrics/metrics-text.ts')).MetricsFile(metricsFile);
    try {
      return await work({ settings, logger, database, registry });
    } finally {
      if (metrics) await writeMetrics(registry, database, metrics);
    }
  } finally {
    await database.close();
  }
}

/** A run's exit code is its own, whether or not its metrics could be written. */
async function writeMetrics(registry: Registry, database: Database, file: MetricsFile): Promise<void> {
  try {
    await file.write(database, await registry.metrics());
  } catch (error) {
    const { toSettleError } = await import('../database/errors.ts');
    const { tell } = await import('./errors.ts');
    const { message, hint } = toSettleError(error);
    tell(`the metrics were not written: ${message}`, hint);
  }
}

/** As `withDatabase`, for commands that only read, and for `stop` and `recover`: a schema that is a release behind will do. */
export function withReadableDatabase<T>(
  registry: Registry,
  flags: GlobalFlags,
  work: (context: CommandContext) => Promise<T>,
): Promise<T> {
  return withDatabase(registry, flags, work, { schema: 'readable' });
}

/** A program without the domains whose tables are mapped has nothing to say about them. */
async function requireMappings(registry: Registry, settings: Settings, database: Database): Promise<void> {
  const mappings = await registry.mappings(settings);
  if (mappings.sources.length === 0) return;
  const { requireMapped } = await import('../mapping/apply-mappings.ts');
  await requireMapped(database, mappings);
}

async function namesOf({ migrationNames, migrations }: PlatformOptions): Promise<readonly NamedMigration[]> {
  return migrationNames === undefined ? await migrations() : (await migrationNames()).map((name) => ({ name }));
}
