/**
 * The rows that are measured on: made by `settle seed`, reused as long as they are wanted with the same parameters. The
 * bench works in databases of its own only; the table `settle_bench` marks them. A database becomes its own when it is
 * empty, or by `--adopt` when `settle seed` alone filled it; anything else is refused and left as it is.
 */
import { platformMigrations } from '../../migrations/index.ts';
import type { Database } from '../database/database.ts';
import { migrate } from '../database/migrate.ts';
import { toNumber } from '../database/values.ts';
import { ExitCode, SettleError } from '../errors.ts';
import { adoptableSpec } from './adopt-data.ts';
import { isBenchTable, MARKER, PLATFORM_TABLES, readMarker, writeMarker } from './data-marker.ts';
import type { DataSpec } from './data-spec.ts';
import { runSettle } from './run-process.ts';

export interface PreparedData {
  readonly spec: DataSpec;
  readonly minId: bigint;
  readonly maxId: bigint;
}

export interface DataOptions {
  /** Throws away the bench's own rows when they are others than those wanted. */
  readonly remake: boolean;
  /** Takes over a database that `settle seed` alone has filled. */
  readonly adopt: boolean;
  tell(message: string): void;
}

/**
 * Makes sure that the database holds these rows and nothing else, and belongs to the bench.
 * @throws SettleError (exit code 2) for a database with rows of somebody else
 */
export async function prepareData(database: Database, spec: DataSpec, options: DataOptions): Promise<PreparedData> {
  await claim(database, options);
  const marker = await readMarker(database);
  const isWanted = marker?.spec === undefined || sameSpec(marker.spec, spec);
  if (!isWanted) {
    if (!options.remake) {
      throw refusal(
        `the bench's database ${database.displayUrl} holds rows of another kind (${describeSpec(marker.spec)})`,
        'ask for those, give --remake to throw them away, or name another database by SETTLE_DATABASE_URL',
      );
    }
    await clear(database, options);
  }
  const made = await readSpan(database);
  if (isWanted && marker?.isComplete) {
    if (made === undefined || made.maxId !== BigInt(spec.rows) || made.minId !== 1n) throw strangers(database);
    options.tell(`reusing ${describeSpec(spec)} in ${database.displayUrl}`);
    return { spec, ...made };
  }
  options.tell(`making ${describeSpec(spec)} in ${database.displayUrl}`);
  await writeMarker(database, { spec, isComplete: false });
  await runSettle(database.url, seedArguments(spec));
  await writeMarker(database, { spec, isComplete: true });
  return { spec, ...(await readSpan(database))! };
}

/** Makes sure that the database belongs to the bench and has settle's tables. @throws SettleError as prepareData */
export async function claim(database: Database, options: DataOptions): Promise<void> {
  const tables = await database.dialect.inspect.tables(database.knex);
  if (!tables.includes(MARKER)) {
    const foreign = tables.find((table) => !isBenchTable(table));
    if (foreign !== undefined) {
      throw refusal(`${database.displayUrl} has a table of somebody else, ${foreign}`, OWN_DATABASE);
    }
    const filled = await firstFilled(database, tables);
    if (filled !== undefined) {
      if (!options.adopt) {
        const hint = `${OWN_DATABASE}; --adopt takes one that settle seed alone has filled`;
        throw refusal(`${database.displayUrl} has rows in ${filled} that the bench did not make`, hint);
      }
      const spec = await adoptableSpec(database);
      await migrate(database, platformMigrations);
      await writeMarker(database, { spec, isComplete: true });
      return;
    }
    await writeMarker(database, { isComplete: false });
  }
  await migrate(database, platformMigrations);
}

/** `32,000,000 rows of 2026-11-19, zipf over 100,000 videos, up to 120 s late`. */
export function describeSpec({ rows, date, shape, videos, disorderSeconds }: DataSpec): string {
  const number = (value: number) => value.toLocaleString('en-US');
  return `${number(rows)} rows of ${date}, ${shape} over ${number(videos)} videos, up to ${number(disorderSeconds)} s late`;
}

const OWN_DATABASE = 'name an empty database by SETTLE_DATABASE_URL: the bench works in one of its own';

/** Drops the tables of settle and the peers, of which the bench has made every row. */
async function clear(database: Database, { tell }: DataOptions): Promise<void> {
  const marker = await readMarker(database);
  const rows = toNumber((await database.knex('view_log').count({ rows: '*' }))[0].rows);
  if (marker?.isComplete && rows !== marker.spec?.rows) throw strangers(database);
  tell(`throwing away the rows of the bench in ${database.displayUrl}`);
  const tables = await database.dialect.inspect.tables(database.knex);
  // The marker stays: cut short, the database is still known as the bench's.
  await writeMarker(database, { isComplete: false });
  await dropTables(
    database,
    tables.filter((name) => isBenchTable(name) && name !== MARKER && !name.startsWith('sqlite_')),
  );
  await migrate(database, platformMigrations);
}

/** Again and again, as a table that others refer to can be dropped after them only. */
async function dropTables(database: Database, tables: readonly string[]): Promise<void> {
  const { knex, dialect } = database;
  let left = tables;
  while (left.length > 0) {
    const refused: string[] = [];
    let reason: unknown;
    for (const table of left) {
      try {
        if (/_SEQ$/i.test(table)) for (const statement of dialect.dropSequence(table)) await knex.raw(statement);
        else await knex.schema.dropTable(table);
      } catch (error) {
        refused.push(table);
        reason = error;
      }
    }
    if (refused.length === left.length) throw reason;
    left = refused;
  }
}

async function firstFilled(database: Database, tables: readonly string[]): Promise<string | undefined> {
  for (const table of PLATFORM_TABLES.filter((name) => tables.includes(name))) {
    if ((await database.knex(table).first(database.knex.raw('1 AS one'))) !== undefined) return table;
  }
  return undefined;
}

async function readSpan(database: Database): Promise<{ minId: bigint; maxId: bigint } | undefined> {
  const row = await database.knex('view_log').min({ minId: 'id' }).max({ maxId: 'id' }).first();
  return row === undefined || row.minId === null ? undefined : { minId: BigInt(row.minId), maxId: BigInt(row.maxId) };
}

function seedArguments(spec: DataSpec): string[] {
  return [
    ['seed'],
    ['--rows', String(spec.rows)],
    ['--date', spec.date],
    ['--zone', spec.zone],
    ['--shape', spec.shape],
    ['--videos', String(spec.videos)],
    ['--disorder', String(spec.disorderSeconds)],
  ].flat();
}

function sameSpec(a: DataSpec, b: DataSpec): boolean {
  const names: (keyof DataSpec)[] = ['rows', 'date', 'zone', 'shape', 'videos', 'disorderSeconds'];
  return names.every((name) => a[name] === b[name]);
}

function strangers(database: Database): SettleError {
  return refusal(`${database.displayUrl} has other rows in view_log than the bench made`, OWN_DATABASE);
}

function refusal(message: string, hint: string): SettleError {
  return new SettleError('BENCH_DATA', ExitCode.usage, message, { hint });
}
