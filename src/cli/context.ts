/** What a command works with: settings, a log, and the database, which is opened once and always closed. */
import type { Logger } from 'pino';
import type { Database } from '../database/database.ts';
import { type GlobalFlags, loadSettings, type Settings } from './config.ts';

export interface CommandContext {
  readonly settings: Settings;
  readonly logger: Logger;
  readonly database: Database;
}

export interface ContextOptions {
  /** Works on any schema. Only for `migrate`. */
  readonly anySchema?: boolean;
  /** Makes an SQLite file that does not exist. */
  readonly create?: boolean;
}

/**
 * Opens the database, makes sure of its schema, runs `work`, closes.
 * @throws SettleError: exit 2 for settings, 10 for an outdated schema, and whatever opening or `work` throws.
 */
export async function withDatabase<T>(
  flags: GlobalFlags,
  work: (context: CommandContext) => Promise<T>,
  options: ContextOptions = {},
): Promise<T> {
  const settings = loadSettings(flags);
  const { createLogger } = await import('./logger.ts');
  const logger = createLogger(settings);
  const { openDatabase } = await import('../database/open.ts');
  const database = await openDatabase(settings.databaseUrl, { create: options.create === true });
  try {
    if (!options.anySchema) {
      const { requireCurrentSchema } = await import('../database/migrate.ts');
      await requireCurrentSchema(database);
    }
    return await work({ settings, logger, database });
  } finally {
    await database.close();
  }
}
