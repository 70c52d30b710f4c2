/**
 * Tables of other programs that settle reads under names of its own: what the configuration says of them, made whole and
 * checked against what the domains read. Pure.
 */
import type { Executor } from '../database/database.ts';
import type { WantedColumns } from '../database/wanted-column.ts';
import { usageError } from '../errors.ts';

/** A table that another program fills, as a domain reads it. */
export interface SourceTable {
  /** Key of the config file that maps it. */
  readonly setting: string;
  /** The name by which statements of the domain know it. */
  readonly table: string;
  /** Columns that the domain reads. `id` is among them: rows are read by ranges of it. */
  readonly columns: WantedColumns;
  /** Columns that jobs set. */
  readonly updates?: readonly string[];
  /** Removes what is remembered of the rows: another table stands behind the name now. */
  forget?(executor: Executor): Promise<void>;
}

/** One key of the config file. */
export interface MappingSetting {
  readonly table: string;
  /** Names of the table's own by the names that settle knows; the others are called alike. */
  readonly columns?: Readonly<Record<string, string>>;
}

/** By key of the config file. */
export type MappingSettings = Readonly<Record<string, MappingSetting>>;

/** A mapping with every column that is read. */
export interface Mapping {
  readonly source: SourceTable;
  /** Table or view that stands behind `source.table`. */
  readonly table: string;
  /** Its column for each of `source.columns`. */
  readonly columns: Readonly<Record<string, string>>;
}

/** What a configuration maps, beside everything that could be mapped. */
export interface Mappings {
  readonly sources: readonly SourceTable[];
  readonly wanted: readonly Mapping[];
}

const ROW_KEY = 'id';
const NAME_LENGTH_MAX = 64;

/** The own name of the column by which ranges of rows are read. */
export function keyOf({ columns }: Pick<Mapping, 'columns'>): string {
  return columns[ROW_KEY];
}

/**
 * A setting that changes no name maps nothing.
 * @throws SettleError (exit 2) that names the key of the config file
 */
export function resolveMappings(settings: MappingSettings, sources: readonly SourceTable[]): Mappings {
  const wanted = sources.flatMap((source) => {
    const setting = settings[source.setting];
    return setting === undefined ? [] : (resolveOne(source, setting, sources) ?? []);
  });
  return { sources, wanted };
}

function resolveOne(
  source: SourceTable,
  { table, columns = {} }: MappingSetting,
  sources: readonly SourceTable[],
): Mapping | undefined {
  const at = `"${source.setting}" in the config file`;
  const names = Object.keys(source.columns);
  for (const [column, own] of Object.entries(columns)) {
    if (!names.includes(column)) {
      throw usageError(`${at}: columns names what settle does not read`, `it reads ${names.join(', ')}`);
    }
    requireName(own, `${at}: columns.${column}`);
  }
  requireName(table, `${at}: table`);
  const whole = Object.fromEntries(names.map((name) => [name, columns[name] ?? name]));
  if (isSameName(table, source.table) && names.every((name) => isSameName(whole[name], name))) return undefined;
  const taken = sources.find((one) => isSameName(one.table, table));
  if (taken !== undefined) {
    throw usageError(
      `${at}: ${table} is a name by which settle itself reads, and cannot be mapped`,
      `rename the table, or map ${source.setting} to a view of it under another name and rename the table`,
    );
  }
  return { source, table, columns: whole };
}

function requireName(name: string, what: string): void {
  if (name !== '' && name.length <= NAME_LENGTH_MAX && !/\p{Cc}| $/u.test(name)) return;
  throw usageError(`${what} is no name of a database`, `a name has 1 to ${NAME_LENGTH_MAX} characters`);
}

function isSameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

/** What is stored of a mapping, and compared: JSON of the table and of each column. */
export function mappingText({ table, columns }: Pick<Mapping, 'table' | 'columns'>): string {
  return JSON.stringify({ table, columns });
}

export function parseMappingText(text: string): Pick<Mapping, 'table' | 'columns'> {
  return JSON.parse(text);
}

/**
 * What is different, in one line: `log was a table of its own, is read from history; log.viewer_id was viewer_id, is user_id`.
 * @param before as `mappingText` writes it; undefined: the name is that of a table of its own
 */
export function describeChange(name: string, before: string | undefined, after: string | undefined): string {
  const [a, b] = [before, after].map((text) => (text === undefined ? undefined : parseMappingText(text)));
  const clauses: string[] = [];
  if (a?.table !== b?.table) {
    const [was, is] = [a, b].map((one) => (one === undefined ? 'a table of its own' : `read from ${one.table}`));
    clauses.push(`${name} was ${was}, is ${is}`);
  }
  for (const column of new Set([...Object.keys(a?.columns ?? {}), ...Object.keys(b?.columns ?? {})])) {
    const [was, is] = [a?.columns[column] ?? column, b?.columns[column] ?? column];
    if (was !== is) clauses.push(`${name}.${column} was ${was}, is ${is}`);
  }
  return clauses.join('; ');
}
