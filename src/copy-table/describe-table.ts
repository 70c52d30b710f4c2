/** What the databases tell of a table: its columns, its key, and what is in the columns. */
import type { Database, Executor } from '../database/database.ts';
import { type Row, toNumber, toTextOrNull } from '../database/values.ts';
import { usageError } from '../errors.ts';
import { serverShape } from './column-types.ts';
import type { DescribedColumn, Measured } from './described-column.ts';

export interface TableShape {
  readonly columns: readonly DescribedColumn[];
  /** Columns of the primary key, in order; on SQLite a table without one has its `rowid`. Empty: none. */
  readonly key: readonly string[];
}

const COLUMNS = `SELECT COLUMN_NAME AS name, COLUMN_TYPE AS type, IS_NULLABLE AS nullable, COLUMN_DEFAULT AS fallback,
  EXTRA AS extra, CHARACTER_SET_NAME AS charset FROM information_schema.COLUMNS
  WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION`;

/** Undefined where there is no such table, or none that the user may see. */
export async function describeTable(
  { dialect }: Pick<Database, 'dialect'>,
  knex: Executor,
  table: string,
): Promise<TableShape | undefined> {
  if ((await dialect.inspect.relation(knex, table)) !== 'table') return undefined;
  const key = await dialect.inspect.primaryKey(knex, table);
  if (dialect.name === 'sqlite') {
    const facts = await dialect.inspect.columns(knex, table);
    return { columns: facts.map((one) => ({ ...one, charset: undefined })), key };
  }
  const [rows]: Row[][] = await knex.raw(COLUMNS, [table]);
  const columns = rows.map(({ name, type, nullable, fallback, extra, charset }): DescribedColumn => {
    const isGenerated = /(virtual|stored|persistent) generated/i.test(String(extra));
    return {
      name: String(name),
      type: String(type),
      isNullable: nullable === 'YES',
      isGenerated,
      hasDefault: fallback !== null || isGenerated || /auto_increment|default_generated/i.test(String(extra)),
      charset: toTextOrNull(charset) ?? undefined,
    };
  });
  return { columns, key };
}

export interface MeasuredTable {
  readonly rows: number;
  readonly columns: ReadonlyMap<string, Measured>;
}

export interface MeasureRequest {
  readonly table: string;
  readonly columns: readonly DescribedColumn[];
  readonly where: string | undefined;
  /** The first column of the key, whose least and greatest value are always told where it is an integer. */
  readonly first: string;
  /** Columns of which more than dates that are none is asked. */
  readonly isMeasured: (column: DescribedColumn) => boolean;
}

/** One pass over the rows to be copied. */
export async function measureTable(
  { dialect }: Pick<Database, 'dialect'>,
  executor: Executor,
  { table, columns, where, first, isMeasured }: MeasureRequest,
): Promise<MeasuredTable> {
  const parts = ['COUNT(*) AS n'];
  const isSqlite = dialect.name === 'sqlite';
  const quotedTable = dialect.quoteIdentifier(table);
  columns.forEach(({ name, type }, at) => {
    const column = dialect.quoteIdentifier(name);
    if (isSqlite) {
      for (const one of ['integer', 'real', 'text', 'blob'])
        parts.push(`SUM(typeof(${column}) = '${one}') AS ${one}_${at}`);
      parts.push(`MIN(CASE WHEN typeof(${column}) = 'integer' THEN ${column} END) AS min_${at}`);
      parts.push(`MAX(CASE WHEN typeof(${column}) = 'integer' THEN ${column} END) AS max_${at}`);
      parts.push(`MAX(LENGTH(${column})) AS chars_${at}`, `MAX(LENGTH(CAST(${column} AS BLOB))) AS bytes_${at}`);
      return;
    }
    const kind = serverShape(type)?.kind;
    if (kind === 'temporal' && !/^time\b/i.test(type))
      parts.push(`SUM(DAYOFMONTH(${column}) = 0 OR MONTH(${column}) = 0) AS zero_${at}`);
    if (name === first && kind === 'integer') {
      // Each by itself is the end of an index.
      for (const end of ['MIN', 'MAX'])
        parts.push(`(SELECT ${end}(${column}) FROM ${quotedTable}${condition(where)}) AS ${end.toLowerCase()}_${at}`);
      return;
    }
    if (!isMeasured(columns[at])) return;
    if (kind === 'integer') parts.push(`MIN(${column}) AS min_${at}`, `MAX(${column}) AS max_${at}`);
    if (kind === 'text') parts.push(`MAX(CHAR_LENGTH(${column})) AS chars_${at}`);
    // As UTF-8, in which they are written.
    if (kind === 'text') parts.push(`MAX(LENGTH(CONVERT(${column} USING utf8mb4))) AS bytes_${at}`);
    if (kind === 'bytes') parts.push(`MAX(LENGTH(${column})) AS bytes_${at}`);
  });
  const sql = `SELECT ${parts.join(', ')} FROM ${quotedTable}${condition(where)}`;
  const answer = await executor.raw(sql);
  const row: Row = isSqlite ? answer[0] : answer[0][0];
  const number = (name: string) => (row[name] == null ? 0 : toNumber(row[name]));
  const text = (name: string) => (row[name] == null ? undefined : String(row[name]));
  const measured = columns.map(({ name }, at): readonly [string, Measured] => {
    const classes = isSqlite
      ? {
          integer: number(`integer_${at}`),
          real: number(`real_${at}`),
          text: number(`text_${at}`),
          blob: number(`blob_${at}`),
        }
      : {};
    const [min, max] = [text(`min_${at}`), text(`max_${at}`)];
    return [
      name,
      {
        min,
        max,
        chars: number(`chars_${at}`),
        bytes: number(`bytes_${at}`),
        zeroDates: number(`zero_${at}`),
        classes,
      },
    ];
  });
  return { rows: number('n'), columns: new Map(measured) };
}

/** ` WHERE ...` of a condition that the operator wrote, and of more. */
export function condition(where: string | undefined, ...more: readonly string[]): string {
  const all = [...(where === undefined ? [] : [`(${where})`]), ...more];
  return all.length === 0 ? '' : ` WHERE ${all.join(' AND ')}`;
}

/** @throws SettleError (exit 2) */
export function requireTable(shape: TableShape | undefined, table: string, where: string): TableShape {
  if (shape !== undefined) return shape;
  throw usageError(
    `there is no table ${table} in ${where}`,
    'a view or a sequence is none; check the name, its case, and the privileges of the user',
  );
}
