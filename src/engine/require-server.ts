/** What several hosts work on must be a server's. */
import type { Database } from '../database/database.ts';
import { usageError } from '../errors.ts';

/** @throws SettleError (exit 2) on SQLite */
export function requireServer({ dialect }: Database): void {
  if (dialect.name !== 'sqlite') return;
  throw usageError(
    'workers need a database that every host reaches: SQLite is a file of one machine',
    'use MariaDB or MySQL, or the threads of one process: --workers 4',
  );
}
