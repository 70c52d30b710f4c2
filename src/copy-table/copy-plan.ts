/** What a copy does, decided once from both tables and frozen with the plan; plain JSON. */
import type { Database, Executor } from '../database/database.ts';
import { usageError } from '../errors.ts';
import { type FoundColumn, fittingColumn, mustMeasure, newColumn, type Refusal } from './column-types.ts';
import { describeTable, type MeasuredTable, measureTable, requireTable, type TableShape } from './describe-table.ts';
import type { ColumnKind, CopiedColumn, DescribedColumn } from './described-column.ts';

export interface CopyRequest {
  readonly table: string;
  /** Name of the target's table. */
  readonly into: string;
  /** Columns by other names: the source's to the target's. */
  readonly map: Readonly<Record<string, string>>;
  readonly where: string | undefined;
}

export interface CopyPlan {
  readonly columns: readonly CopiedColumn[];
  /** Places in `columns` of the source's key. */
  readonly key: readonly number[];
  /** Source rows when it was planned. */
  readonly rows: number;
  /** All rows are read in one transaction, as one partition. */
  readonly isSnapshot: boolean;
  /** Least and greatest value of the key's first column, where that is an integer: as text. */
  readonly range: readonly [string, string] | undefined;
  /** Makes the target's table; undefined where it is there. */
  readonly createSql: string | undefined;
}

/** Kinds whose order a database and its page after page agree on. Labels of an ENUM are in order of their numbers, and compared as texts. */
const KEY_KINDS: readonly ColumnKind[] = ['integer', 'text', 'bytes', 'temporal', 'decimal'];

/**
 * @param snapshot the source, of one moment
 * @throws SettleError (exit 2), naming column and value, for what is not there, does not fit or would be lost
 */
export async function planCopy(
  source: Database,
  snapshot: Executor,
  target: Database,
  request: CopyRequest & { readonly isSnapshot: boolean },
): Promise<CopyPlan> {
  const { table, into, map, where, isSnapshot } = request;
  const from = requireTable(await describeTable(source, snapshot, table), table, source.displayUrl);
  const to = await describeTable(target, target.knex, into);
  const key = from.key.length > 0 ? from.key : undefined;
  if (key === undefined)
    throw usageError(
      `table ${table} has no primary key, by which it could be read page by page`,
      'give it one, or copy it by the tools of the database',
    );
  const unknown = Object.keys(map).find((name) => !from.columns.some((column) => column.name === name));
  if (unknown !== undefined)
    throw usageError(
      `--map: table ${table} has no column ${unknown}`,
      `it has ${from.columns.map(({ name }) => name).join(', ')}`,
    );
  const dialects = { from: source.dialect.name, to: target.dialect.name };
  const nameOf = (column: DescribedColumn) => map[column.name] ?? column.name;
  const measured = await measureTable(source, snapshot, {
    table,
    columns: from.columns,
    where,
    first: key[0],
    isMeasured: (column) => mustMeasure(column, to && targetOf(to, nameOf(column)), dialects),
  });
  requireFilledKey(measured, key, table);
  const sourceColumns = from.columns.filter(
    (column) => !(to !== undefined && targetOf(to, nameOf(column))?.isGenerated),
  );
  const columns = sourceColumns.map((column): CopiedColumn => {
    const values = measured.columns.get(column.name);
    if (values === undefined) throw new Error(`column ${column.name} was not measured`);
    const name = nameOf(column);
    let found: FoundColumn | Refusal;
    if (to === undefined) found = newColumn(column, values, { ...dialects, isKey: key.includes(column.name) });
    else {
      const own = targetOf(to, name);
      if (own === undefined)
        throw usageError(
          `table ${into} of the target has no column ${name}`,
          `it has ${to.columns.map((one) => one.name).join(', ')}; --map ${column.name}=OTHER gives it another name`,
        );
      found = fittingColumn(column, values, own, dialects);
    }
    if ('problem' in found)
      throw usageError(`column ${column.name} of ${table} ${found.problem}`, 'nothing was copied');
    return { from: column.name, to: targetOf(to, name)?.name ?? name, sourceType: column.type, ...found };
  });
  requireNames(columns, into);
  requireFilled(to, columns, into);
  const places = key.map((name) => columns.findIndex((column) => column.from === name));
  const kinds = places.map((place) => columns[place]?.kind);
  const isOrdered = places.every((place) => !/^(enum|set)\b/i.test(columns[place]?.sourceType ?? ''));
  if (!isOrdered || kinds.some((kind) => kind === undefined || !KEY_KINDS.includes(kind))) {
    throw usageError(`the primary key of ${table} (${key.join(', ')}) is none that it can be read in order of`);
  }
  const createSql = to === undefined ? createTable(target, into, columns, places) : undefined;
  // The ids of now bound nothing that a later moment has.
  const range = isSnapshot ? undefined : rangeOf(measured, key[0], kinds[0]);
  return { columns, key: places, rows: measured.rows, isSnapshot, range, createSql };
}

/** SQLite takes NULL into a primary key that is not declared NOT NULL; no page by key has such a row. */
function requireFilledKey({ rows, columns }: MeasuredTable, key: readonly string[], table: string): void {
  for (const name of key) {
    const counts = Object.values(columns.get(name)?.classes ?? {});
    const filled = counts.reduce((sum, one) => sum + one, 0);
    if (counts.length === 0 || filled === rows) continue;
    throw usageError(
      `column ${name} of the primary key of ${table} is NULL in ${rows - filled} rows, which cannot be read in order of it`,
      'fill it, or leave them out by --where',
    );
  }
}

function targetOf(to: TableShape | undefined, name: string): DescribedColumn | undefined {
  return to?.columns.find((column) => column.name.toLowerCase() === name.toLowerCase());
}

function rangeOf(
  { columns }: MeasuredTable,
  first: string,
  kind: ColumnKind | undefined,
): [string, string] | undefined {
  const { min, max } = columns.get(first) ?? {};
  if (kind !== 'integer' || min === undefined || max === undefined) return undefined;
  // What a partition's bounds hold.
  return BigInt(max) < 2n ** 63n ? [min, max] : undefined;
}

function requireNames(columns: readonly CopiedColumn[], into: string): void {
  const names = columns.map(({ to }) => to.toLowerCase());
  const twice = columns.find(({ to }, at) => names.indexOf(to.toLowerCase()) !== at);
  if (twice !== undefined)
    throw usageError(`two columns would go into ${into}.${twice.to}`, 'give one of them another name by --map');
}

/** A column of the target that nothing fills must fill itself. */
function requireFilled(to: TableShape | undefined, columns: readonly CopiedColumn[], into: string): void {
  const empty = to?.columns.find(
    ({ name, isNullable, hasDefault, isGenerated }) =>
      !isNullable && !hasDefault && !isGenerated && !columns.some((column) => column.to === name),
  );
  if (empty !== undefined)
    throw usageError(
      `column ${empty.name} of ${into} would have no value, and takes no NULL`,
      `give it a default, or fill it by --map OLD=${empty.name}`,
    );
}

function createTable(
  { dialect }: Database,
  into: string,
  columns: readonly CopiedColumn[],
  key: readonly number[],
): string {
  const quote = (name: string) => dialect.quoteIdentifier(name);
  const lines = columns.map(({ to, type, isNullable }, at) => {
    // TIMESTAMP would be NOT NULL, with a default, by itself.
    return `  ${quote(to)} ${type}${isNullable && !key.includes(at) ? ' NULL' : ' NOT NULL'}`;
  });
  lines.push(`  PRIMARY KEY (${key.map((at) => quote(columns[at].to)).join(', ')})`);
  return `CREATE TABLE ${quote(into)} (\n${lines.join(',\n')}\n)${dialect.tableOptions}`;
}
