/**
 * Makes the configuration's mappings true: the name that settle reads by becomes a view of the other table. The table that
 * stood there, empty, is kept aside under another name, and comes back when nothing is mapped any more.
 */
import type { Database, Executor } from '../database/database.ts';
import { ExitCode, SettleError, usageError } from '../errors.ts';
import { deleteMapping, type StoredMapping, saveMapping, selectMappings } from '../repository/mapping.ts';
import { requireFitMappings } from './examine-mapping.ts';
import { describeChange, type Mappings, mappingText, type SourceTable } from './mapping.ts';

const LOCK_SECONDS_MAX = 120;

/** A name that is to stand for something else than it does. */
export interface MappingChange {
  readonly source: SourceTable;
  /** As stored; undefined: a table of its own. */
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** What is different, in one clause. */
  readonly text: string;
}

/** What `settle migrate` would change. */
export function pendingMappings({ sources, wanted }: Mappings, stored: readonly StoredMapping[]): MappingChange[] {
  return sources.flatMap((source) => {
    const mapping = wanted.find((one) => one.source.table === source.table);
    const after = mapping === undefined ? undefined : mappingText(mapping);
    const row = stored.find((one) => one.table === source.table);
    if (row?.text === after && row?.isReady !== false) return [];
    const described = describeChange(source.table, row?.text, after);
    const text = described === '' ? `${source.table} was left half mapped` : described;
    return [{ source, before: row?.text, after, text }];
  });
}

/** As `pendingMappings`, of a database that may be older, or empty. */
export async function readPendingMappings({ dialect, knex }: Database, mappings: Mappings): Promise<MappingChange[]> {
  const isThere = (await dialect.inspect.relation(knex, 'settle_mapping')) !== undefined;
  return pendingMappings(mappings, isThere ? await selectMappings(knex) : []);
}

/**
 * Under the lock of migrations.
 * @param requireIdle refuses while somebody runs: what a run reads does not change under it
 * @returns what was changed; nothing where the configuration is true already
 * @throws SettleError (exit 2) for what stands in the way: rows in the table of the name, a view that settle did not make
 */
export async function applyMappings(
  database: Database,
  mappings: Mappings,
  requireIdle: (executor: Executor) => Promise<void>,
): Promise<MappingChange[]> {
  await requireFitMappings(database, mappings);
  return await database.dialect.withLock(database, 'migrate', LOCK_SECONDS_MAX, async (executor) => {
    const stored = await selectMappings(executor);
    const changes = pendingMappings(mappings, stored);
    for (const change of changes) await requireFree(database, executor, change);
    // Written first, so that a run that starts now waits, or is seen.
    for (const { source, before, after } of changes) {
      await saveMapping(executor, { table: source.table, text: after ?? before ?? '', isReady: false });
    }
    try {
      if (changes.length > 0) await requireIdle(executor);
    } catch (error) {
      for (const { source } of changes) await putBack(executor, source.table, stored);
      throw error;
    }
    for (const change of changes) await apply(database, executor, mappings, change);
    return changes;
  });
}

/**
 * Reads the schema where something is mapped, else one small table.
 * @throws SettleError: exit 2 for tables that do not fit, MAPPING_PENDING (exit 10) where the database reads others than
 * the configuration says
 */
export async function requireMapped(database: Database, mappings: Mappings): Promise<void> {
  await requireFitMappings(database, mappings);
  const [first, ...others] = pendingMappings(mappings, await selectMappings(database.knex));
  if (first === undefined) return;
  const more = others.length === 0 ? '' : `, and ${others.length} more`;
  throw new SettleError(
    'MAPPING_PENDING',
    ExitCode.schemaOutdated,
    `the configuration maps other tables than the database was migrated for: ${first.text}${more}`,
    { hint: 'run `settle migrate`, or put the mapping back that was there' },
  );
}

async function putBack(executor: Executor, table: string, stored: readonly StoredMapping[]): Promise<void> {
  const row = stored.find((one) => one.table === table);
  if (row === undefined) await deleteMapping(executor, table);
  else await saveMapping(executor, row);
}

/** Where the table of the name waits meanwhile. */
function asideOf({ table }: SourceTable): string {
  return `settle_unmapped_${table}`;
}

async function requireFree(
  { dialect }: Database,
  executor: Executor,
  { source, before, after }: MappingChange,
): Promise<void> {
  const { setting, table } = source;
  const relation = await dialect.inspect.relation(executor, table);
  if (relation === 'view' && before === undefined) {
    throw usageError(
      `${table} is a view that settle did not make, and the configuration maps ${setting}`,
      `drop the view, or take "${setting}" out of the config file`,
    );
  }
  if (relation === 'table' && after !== undefined && (await hasRow(executor, table))) throw rowsInTheWay(source);
  const isLost = after === undefined && relation !== 'table' && !(await isThere(dialect, executor, asideOf(source)));
  if (isLost) {
    throw usageError(
      `the configuration maps ${setting} no more, and there is no table ${table}`,
      `rename the table that is to be read to ${table} after DROP VIEW ${table}, or put "${setting}" back`,
    );
  }
}

/** Each statement may be the last one: done again from any of them, the end is the same. */
async function apply(
  database: Database,
  executor: Executor,
  { wanted }: Mappings,
  { source, after }: MappingChange,
): Promise<void> {
  const { dialect } = database;
  const { table } = source;
  const [name, aside] = [table, asideOf(source)].map((one) => dialect.quoteIdentifier(one));
  const mapping = wanted.find((one) => one.source.table === table);
  const relation = await dialect.inspect.relation(executor, table);
  if (mapping === undefined) {
    if (relation === 'view') await executor.raw(`DROP VIEW ${name}`);
    if (relation !== 'table') await executor.raw(`ALTER TABLE ${aside} RENAME TO ${name}`);
  } else {
    if (relation === 'table') {
      if (await isThere(dialect, executor, asideOf(source))) await dropEmpty(executor, asideOf(source), aside);
      await executor.raw(`ALTER TABLE ${name} RENAME TO ${aside}`);
      if (await hasRow(executor, asideOf(source))) {
        // Somebody wrote meanwhile.
        await executor.raw(`ALTER TABLE ${aside} RENAME TO ${name}`);
        throw rowsInTheWay(source);
      }
    }
    const { columns, table: from } = mapping;
    const view = { name: table, table: from, columns, key: 'id', updates: source.updates ?? [] };
    for (const statement of dialect.viewStatements(view)) await executor.raw(statement);
  }
  await source.forget?.(executor);
  if (after === undefined) await deleteMapping(executor, table);
  else await saveMapping(executor, { table, text: after, isReady: true });
}

async function isThere(dialect: Database['dialect'], executor: Executor, table: string): Promise<boolean> {
  return (await dialect.inspect.relation(executor, table)) !== undefined;
}

async function hasRow(executor: Executor, table: string): Promise<boolean> {
  return (await executor(table).first(executor.raw('1'))) !== undefined;
}

function rowsInTheWay({ table, setting }: SourceTable): SettleError {
  return usageError(
    `${table} holds rows, and the configuration maps ${setting} to another table`,
    `move its rows and empty it, or take "${setting}" out of the config file`,
  );
}

async function dropEmpty(executor: Executor, table: string, quoted: string): Promise<void> {
  if (await hasRow(executor, table)) {
    throw usageError(`${table}, which settle kept aside, holds rows`, 'look at them, and drop it');
  }
  await executor.raw(`DROP TABLE ${quoted}`);
}
