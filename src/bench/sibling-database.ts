/** Databases of the bench beside the one that the settings name: `NAME_suffix` on a server, `FILE-suffix` for SQLite. */
import type { Database } from '../database/database.ts';
import { parseDatabaseUrl } from '../database/url.ts';

/** The URL of the sibling; on a server it is created where it does not exist. */
export async function siblingUrl(database: Database, suffix: string): Promise<string> {
  const parsed = parseDatabaseUrl(database.url);
  if (parsed.kind === 'sqlite') return `sqlite:${parsed.path}-${suffix}`;
  const name = `${parsed.database}_${suffix}`;
  await database.knex.raw(`CREATE DATABASE IF NOT EXISTS ${database.dialect.quoteIdentifier(name)}`);
  const url = new URL(database.url);
  url.pathname = `/${encodeURIComponent(name)}`;
  return url.href;
}
