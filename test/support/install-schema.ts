/**
 * The platform's tables in an empty database, sooner than by `settle migrate`: whoever needs them first migrates, and what
 * makes the same schema is kept for all others. Tests of migrations themselves use migrate.ts. Knows nothing of vitest.
 */
import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { openDatabase } from '../../src/database/open.ts';
import * as engine from '../../src/schema.ts';
import * as platform from './migrate.ts';

const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url));
const FOLDER = join(tmpdir(), 'settle-test-schema');

const lists = { platform, engine };
/** `engine`: what a library's user has, without the platform's tables. */
export type Schema = keyof typeof lists;

/** As `settle migrate` on the empty database at `url`, which nobody else has open: tables, triggers and first rows. */
export async function installSchema(url: string, schema: Schema = 'platform'): Promise<void> {
  mkdirSync(FOLDER, { recursive: true });
  if (url.startsWith('sqlite:')) await installFile(url, schema);
  else await installOnServer(url, schema);
}

async function migrateAt(url: string, schema: Schema): Promise<void> {
  const database = await openDatabase(url);
  try {
    await lists[schema].migrate(database);
  } finally {
    await database.close();
  }
}

/** A closed file is whole, without its WAL. */
async function installFile(url: string, schema: Schema): Promise<void> {
  const path = url.slice('sqlite:'.length);
  const kept = join(FOLDER, `${schema}-${migrationsDigest()}.db`);
  if (existsSync(kept)) return copyFileSync(kept, path);
  await migrateAt(url, schema);
  const own = `${kept}.${randomBytes(6).toString('hex')}`;
  copyFileSync(path, own);
  renameSync(own, kept);
}

async function installOnServer(url: string, schema: Schema): Promise<void> {
  const connection = await createConnection({
    uri: url.replace(/^mariadb:/, 'mysql:'),
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
  });
  try {
    const [[{ version }]] = await connection.query<RowDataPacket[]>('SELECT VERSION() AS version');
    const kept = join(FOLDER, `${schema}-${migrationsDigest()}-${String(version).replace(/[^\w.-]/g, '_')}.json`);
    if (!existsSync(kept)) {
      await migrateAt(url, schema);
      const own = `${kept}.${randomBytes(6).toString('hex')}`;
      writeFileSync(own, JSON.stringify(await statementsOf(connection)));
      renameSync(own, kept);
      return;
    }
    for (const statement of JSON.parse(readFileSync(kept, 'utf8'))) await connection.query(statement);
  } finally {
    await connection.end();
  }
}

/** What makes the schema of the connection's database and its rows, in an order in which it can be made. */
async function statementsOf(connection: Connection): Promise<string[]> {
  const select = async (sql: string) => (await connection.query<RowDataPacket[]>(sql))[0];
  const statements = ['SET foreign_key_checks = 0'];
  const tables = await select(
    'SELECT table_name AS name, table_type AS type FROM information_schema.tables WHERE table_schema = DATABASE()',
  );
  for (const { name, type } of tables) {
    const kind = type === 'SEQUENCE' ? 'SEQUENCE' : type === 'VIEW' ? 'VIEW' : 'TABLE';
    const [created] = await select(`SHOW CREATE ${kind} \`${name}\``);
    statements.push(created[kind === 'VIEW' ? 'Create View' : 'Create Table']);
    if (kind !== 'TABLE') continue;
    const rows = await select(`SELECT * FROM \`${name}\``);
    if (rows.length === 0) continue;
    const values = rows.map((row) => Object.values(row));
    statements.push(connection.format('INSERT INTO ?? (??) VALUES ?', [name, Object.keys(rows[0]), values]));
  }
  const triggers = await select(
    'SELECT trigger_name AS name FROM information_schema.triggers WHERE trigger_schema = DATABASE() ORDER BY action_order',
  );
  for (const { name } of triggers) {
    const [created] = await select(`SHOW CREATE TRIGGER \`${name}\``);
    statements.push(connection.format('SET sql_mode = ?', [created.sql_mode]), created['SQL Original Statement']);
  }
  return statements;
}

let digest: string | undefined;

/** Of every file below migrations/: another schema is kept apart. */
function migrationsDigest(): string {
  if (digest !== undefined) return digest;
  const hash = createHash('sha256');
  const names = readdirSync(MIGRATIONS, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  for (const name of names.sort()) hash.update(`${name}\n`).update(readFileSync(join(MIGRATIONS, name)));
  digest = hash.digest('hex').slice(0, 32);
  return digest;
}
