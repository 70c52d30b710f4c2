/** Whether what stands behind a mapped name can be read, and written, as its domain does it. */
import type { Database, Executor } from '../database/database.ts';
import { toSettleError } from '../database/errors.ts';
import type { ColumnFacts } from '../database/inspect.ts';
import { fitsKind, kindNoun } from '../database/wanted-column.ts';
import { usageError } from '../errors.ts';
import { keyOf, type Mapping, type Mappings } from './mapping.ts';

/** One line of what is wrong, and what to do. */
export interface MappingProblem {
  readonly message: string;
  readonly hint: string;
}

const COLUMNS_SHOWN_MAX = 12;

/** What is wrong with the mappings; empty: nothing. Reads the schema, and one row of each table. */
export async function examineMappings(
  { dialect, knex }: Database,
  { wanted }: Mappings,
  executor: Executor = knex,
): Promise<MappingProblem[]> {
  const problems: MappingProblem[] = [];
  for (const mapping of wanted) {
    const found = await dialect.inspect.columns(executor, mapping.table);
    const own = found.length === 0 ? [missing(mapping)] : examineColumns(dialect, mapping, found);
    // Keys and updates are asked of columns that are there.
    if (own.length === 0) own.push(...(await examineAccess(dialect, executor, mapping)));
    problems.push(...own);
  }
  return problems;
}

/** @throws SettleError MAPPING_WRONG (exit 2): the first problem */
export async function requireFitMappings(database: Database, mappings: Mappings): Promise<void> {
  const [first, ...others] = await examineMappings(database, mappings);
  if (first === undefined) return;
  const more = others.length === 0 ? '' : `; \`settle doctor\` names ${others.length} more`;
  throw usageError(first.message, `${first.hint}${more}`);
}

function missing({ source, table }: Mapping): MappingProblem {
  return {
    message: `there is no table ${table} that the user may see, and the configuration reads it as ${source.table}`,
    hint: `correct "${source.setting}" in the config file; a table of another database is mapped by a view in this one`,
  };
}

function examineColumns(
  dialect: Database['dialect'],
  { source, table, columns }: Mapping,
  found: readonly ColumnFacts[],
): MappingProblem[] {
  const problems: MappingProblem[] = [];
  for (const [name, kind] of Object.entries(source.columns)) {
    const own = columns[name];
    const column = found.find((one) => one.name.toLowerCase() === own.toLowerCase());
    const setting = `"${source.setting}": { columns: { ${name}: ... } } in the config file`;
    if (column === undefined) {
      const names = found.slice(0, COLUMNS_SHOWN_MAX).map((one) => one.name);
      const which = `${names.join(', ')}${found.length > names.length ? ', ...' : ''}`;
      problems.push({
        message: `${table} has no column ${own}, which settle reads as ${source.table}.${name}`,
        hint: `name its column by ${setting}; it has ${which}`,
      });
    } else if (!fitsKind(dialect.name, kind, column.type)) {
      problems.push({
        message: `${table}.${own} is ${column.type.toUpperCase()}, and ${source.table}.${name} must be ${kindNoun[kind]}`,
        hint: `map another column by ${setting}, or a view of ${table} with a CAST`,
      });
    }
  }
  return problems;
}

async function examineAccess(
  dialect: Database['dialect'],
  executor: Executor,
  { source, ...mapping }: Mapping,
): Promise<MappingProblem[]> {
  const { table, columns } = mapping;
  const problems: MappingProblem[] = [];
  const key = keyOf(mapping);
  const isView = (await dialect.inspect.relation(executor, table)) === 'view';
  try {
    if ((await dialect.inspect.findsByKey(executor, table, key)) === false) {
      problems.push({
        message: `${table}.${key} is no unique key${isView ? ' through the view' : ''}, and settle reads ${source.table} by ranges of it`,
        hint: isView
          ? 'give the view each row of one table once, with its primary key: no DISTINCT, GROUP BY, UNION or join that repeats rows'
          : `map the primary key as ${source.table}.id, or make it one: ALTER TABLE ${table} ADD PRIMARY KEY (${key})`,
      });
    }
    for (const column of source.updates ?? []) {
      const [target, own] = [table, columns[column]].map((name) => dialect.quoteIdentifier(name));
      await executor.raw(`EXPLAIN UPDATE ${target} SET ${own} = ${own} WHERE 1 = 0`);
    }
  } catch (error) {
    const { code, message } = toSettleError(error);
    // Which privileges are missing is another check's affair.
    if (code === 'DATABASE_PRIVILEGE_MISSING') return problems;
    if (code !== 'DATABASE_VIEW') throw error;
    problems.push({
      message: `${table} stands for ${source.table}, whose ${source.updates?.join(', ') ?? 'rows'} settle sets, and cannot: ${message}`,
      hint: 'make it a view that can be updated, or map the table itself',
    });
  }
  return problems;
}
