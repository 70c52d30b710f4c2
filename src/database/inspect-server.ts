/** What MariaDB and MySQL tell about themselves. Privileges are tried, not read: roles and wildcards then count too. */
import { existsSync } from 'node:fs';
import type { DatabaseConnection, Executor } from './connection.ts';
import { toSettleError } from './errors.ts';
import { findsByKey } from './explain-server.ts';
import type { ColumnFacts, Inspector, Privilege } from './inspect.ts';
import { quoteIdentifier } from './quote-server.ts';
import { parseDatabaseUrl } from './url.ts';
import { type Row, toText, toTextOrNull } from './values.ts';

const LOCAL_HOSTS = ['localhost', '127.0.0.1', '::1'];

export const serverInspector: Inspector = {
  version: async (executor) => {
    const [row] = await query(executor, 'SELECT VERSION() AS version');
    const version = toText(row.version);
    return /mariadb/i.test(version) ? `MariaDB ${version.split('-')[0]}` : `MySQL ${version.split('-')[0]}`;
  },
  tables: async (executor) => {
    const rows = await query(
      executor,
      'SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME',
    );
    return rows.map(({ name }) => toText(name));
  },
  tableSizes: async (executor) => {
    const rows = await query(
      executor,
      `SELECT TABLE_NAME AS name, TABLE_ROWS AS row_count, DATA_LENGTH + INDEX_LENGTH AS bytes
       FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE' ORDER BY bytes DESC`,
    );
    return rows.map(({ name, row_count, bytes }) => ({
      table: toText(name),
      rows: Number(row_count ?? 0),
      bytes: bytes === null ? undefined : Number(bytes),
    }));
  },
  relation: async (executor, name) => {
    const [row] = await query(executor, `${TABLES} AND TABLE_NAME = ?`, [name]);
    if (row === undefined) return undefined;
    return row.type === 'SEQUENCE' ? 'sequence' : /VIEW/.test(toText(row.type)) ? 'view' : 'table';
  },
  columns: async (executor, table) => (await query(executor, COLUMNS, [table])).map(toColumnFacts),
  primaryKey: async (executor, table) => {
    const rows = await query(executor, `${STATISTICS} AND INDEX_NAME = 'PRIMARY' ORDER BY SEQ_IN_INDEX`, [table]);
    return rows.map((row) => toText(row.column_name));
  },
  indexesOn: async (executor, table, column) => {
    const rows = await query(executor, `${STATISTICS} AND SEQ_IN_INDEX = 1 AND COLUMN_NAME = ?`, [table, column]);
    return rows.map((row) => toText(row.index_name));
  },
  findsByKey,
  settings: async (executor) => {
    const { tx_isolation, transaction_isolation, ...rest } = await readVariables(executor, 'SESSION', SETTINGS);
    return {
      // MariaDB had only the first name until version 11.1, MySQL has only the second.
      isolation: transaction_isolation ?? tx_isolation ?? '',
      packetBytesMax: Number(rest.max_allowed_packet),
      connectionsMax: Number(rest.max_connections),
      logsStatements: rest.log_bin === 'ON' && rest.binlog_format === 'STATEMENT',
    };
  },
  variables: async (executor, names) => ({
    session: await readVariables(executor, 'SESSION', names),
    global: await readVariables(executor, 'GLOBAL', names),
  }),
  folder: async (database) => {
    const url = parseDatabaseUrl(database.url);
    if (url.kind !== 'server' || !LOCAL_HOSTS.includes(url.host)) return undefined;
    const { datadir } = await readVariables(database.knex, 'GLOBAL', ['datadir']);
    return datadir !== undefined && existsSync(datadir) ? datadir : undefined;
  },
  missingPrivileges,
};

const TABLES = 'SELECT TABLE_TYPE AS type FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()';

const COLUMNS = `SELECT COLUMN_NAME AS name, COLUMN_TYPE AS type, IS_NULLABLE AS nullable, COLUMN_DEFAULT AS fallback,
  EXTRA AS extra FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?
  ORDER BY ORDINAL_POSITION`;

function toColumnFacts({ name, type, nullable, fallback, extra }: Row): ColumnFacts {
  const text = String(extra).toLowerCase();
  // MySQL says DEFAULT_GENERATED of an ordinary column whose default is an expression.
  const isGenerated = /(virtual|stored|persistent) generated/.test(text);
  return {
    name: String(name),
    type: String(type).toLowerCase(),
    isNullable: nullable === 'YES',
    hasDefault: fallback !== null || isGenerated || /auto_increment|default_generated/.test(text),
    isGenerated,
  };
}

const STATISTICS = `SELECT INDEX_NAME AS index_name, COLUMN_NAME AS column_name FROM information_schema.STATISTICS
  WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?`;

const SETTINGS = [
  'tx_isolation',
  'transaction_isolation',
  'max_allowed_packet',
  'max_connections',
  'log_bin',
  'binlog_format',
] as const;

async function readVariables(
  executor: Executor,
  scope: 'SESSION' | 'GLOBAL',
  names: readonly string[],
): Promise<Record<string, string | undefined>> {
  const wanted = names.map((name) => `'${name}'`).join(',');
  const rows = await query(executor, `SHOW ${scope} VARIABLES WHERE Variable_name IN (${wanted})`);
  return Object.fromEntries(rows.map((row) => [toText(row.Variable_name), toTextOrNull(row.Value) ?? undefined]));
}

/** Statements that need one privilege and find no row. A generated column can be written by nobody. */
async function missingPrivileges(
  { knex }: DatabaseConnection,
  table: string,
  privileges: readonly Privilege[],
): Promise<Privilege[]> {
  const name = quoteIdentifier(table);
  const isSequence = (await serverInspector.relation(knex, table)) === 'sequence';
  const facts = await serverInspector.columns(knex, table);
  const columns = facts.filter(({ isGenerated }) => !isGenerated).map((column) => quoteIdentifier(column.name));
  const list = columns.join(', ') || quoteIdentifier('id');
  const probes: Readonly<Record<Privilege, string>> = {
    SELECT: `SELECT 1 FROM ${name} LIMIT 0`,
    INSERT: isSequence
      ? `SELECT NEXTVAL(${name}) FROM DUAL WHERE 1 = 0`
      : `INSERT INTO ${name} (${list}) SELECT ${list} FROM ${name} WHERE 1 = 0`,
    UPDATE: `UPDATE ${name} SET ${columns[0] ?? list} = 1 WHERE 1 = 0`,
    DELETE: `DELETE FROM ${name} WHERE 1 = 0`,
  };
  const missing: Privilege[] = [];
  for (const privilege of privileges) {
    // An id sequence is read and stepped, nothing else.
    if (isSequence && privilege !== 'SELECT' && privilege !== 'INSERT') continue;
    try {
      await knex.raw(probes[privilege]);
    } catch (error) {
      const { code, message } = toSettleError(error);
      if (code === 'DATABASE_TABLE_MISSING') return [];
      const isDeniedByView = DENIED_BY_VIEW.includes(Number((error as { errno?: unknown }).errno));
      if (code !== 'DATABASE_PRIVILEGE_MISSING' && !isDeniedByView) throw error;
      // Not when it is SELECT that the statement lacks besides.
      if (isDeniedByView || message.includes(`${privilege} command`)) missing.push(privilege);
    }
  }
  return missing;
}

/** A view that takes no UPDATE or DELETE; one that takes no INSERT; one that reads what the user may not use so. */
const DENIED_BY_VIEW = [1288, 1471, 1356];

async function query(executor: Executor, sql: string, values: readonly string[] = []): Promise<Row[]> {
  const [rows] = await executor.raw(sql, values);
  return rows;
}
