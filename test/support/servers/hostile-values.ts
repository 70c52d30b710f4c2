/**
 * The settings of a session, as the server itself lists them, with values that could hurt: the ends of a number's range,
 * every other value of an enumeration, all flags and none of a set, and by hand what a type does not tell.
 */
import type { HostileSetting, SpareServer } from './spare-server.ts';

/** One setting and the values to try, the first of them the worst. */
export interface WalkedSetting {
  readonly name: string;
  readonly values: readonly string[];
  readonly sessionOnly: boolean;
}

export interface SettingsList {
  readonly walked: readonly WalkedSetting[];
  /** Settings for which nobody has said what to do with them. */
  readonly unknown: readonly string[];
}

interface Listed {
  readonly name: string;
  readonly type: string;
  readonly value: string;
  readonly min: string;
  readonly max: string;
  readonly sessionOnly: boolean;
}

/** Text settings and others whose type says too little. Values are SQL. */
const BY_HAND: Readonly<Record<string, readonly string[]>> = {
  character_set_client: ["'latin1'"],
  character_set_connection: ["'ucs2'", "'latin1'"],
  character_set_database: ["'ucs2'"],
  character_set_filesystem: ["'ucs2'"],
  character_set_results: ["'latin1'", 'NULL'],
  character_set_server: ["'ucs2'"],
  collation_connection: ["'latin1_general_cs'"],
  collation_database: ["'latin1_general_cs'"],
  collation_server: ["'latin1_general_cs'"],
  default_collation_for_utf8mb4: ["'utf8mb4_general_ci'"],
  default_storage_engine: ["'MyISAM'", "'MEMORY'"],
  storage_engine: ["'MyISAM'"],
  default_tmp_storage_engine: ["'MyISAM'"],
  enforce_storage_engine: ["'MyISAM'"],
  lc_messages: ["'ja_JP'"],
  lc_time_names: ["'ko_KR'"],
  time_zone: ["'+09:00'", "'-11:30'"],
  timestamp: ['1000000000'],
  system_versioning_asof: ["'2001-01-01 00:00:00'"],
  session_track_system_variables: ["'*'", "''"],
  myisam_stats_method: ["'nulls_ignored'"],
  sql_mode: [
    "'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES,IGNORE_SPACE,REAL_AS_FLOAT,PAD_CHAR_TO_FULL_LENGTH'",
    "'ANSI,TRADITIONAL,HIGH_NOT_PRECEDENCE,NO_UNSIGNED_SUBTRACTION,ONLY_FULL_GROUP_BY,NO_AUTO_VALUE_ON_ZERO'",
    "''",
    "'ALLOW_INVALID_DATES,TIME_ROUND_FRACTIONAL'",
    "'ORACLE'",
    "'TIME_TRUNCATE_FRACTIONAL'",
    "'MSSQL'",
  ],
  sql_select_limit: ['7', '0'],
  max_join_size: ['7', '1'],
  group_concat_max_len: ['4'],
  max_statement_time: ['0.001', '1'],
  max_execution_time: ['1', '1000'],
  // Seconds; less, and the server has ended the connection before it is set up.
  wait_timeout: ['2'],
  optimizer_trace: ["'enabled=on'"],
};

/** What cannot matter to a session of settle, or cannot be given to it, with the reason. */
const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  ...reasons('tells what the session did', [
    ...['error_count', 'warning_count', 'in_transaction', 'last_gtid', 'external_user', 'proxy_user', 'gtid_owned'],
    ...['statement_id', 'identity', 'last_insert_id'],
  ]),
  ...reasons('names the session for replication, and only an administrator may', [
    ...[
      'pseudo_thread_id',
      'pseudo_slave_mode',
      'pseudo_replica_mode',
      'gtid_next',
      'gtid_seq_no',
      'wsrep_gtid_seq_no',
    ],
    ...['original_commit_timestamp', 'original_server_version', 'immediate_server_version', 'sql_log_bin'],
    ...['skip_replication', 'skip_parallel_replication', 'default_master_connection', 'require_row_format'],
    ...['show_create_table_skip_secondary_engine', 'server_id', 'gtid_domain_id', 'sql_slave_skip_counter'],
  ]),
  ...reasons('needs a cluster or an engine that this server does not have', [
    ...['wsrep_on', 'wsrep_osu_method', 'group_replication_consistency', 'transaction_allow_batching'],
    ...['external_table_secondary_storage_engine', 'external_table_storage_engine', 'secondary_engine_cost_threshold'],
  ]),
  ...reasons('seeds RAND(), which is not used', ['rand_seed1', 'rand_seed2']),
  ...reasons('for the next AUTO_INCREMENT: the one table with one is the list of migrations', ['insert_id']),
  ...reasons('asks for metadata that a client must have agreed to leave out', ['resultset_metadata']),
  ...reasons('names a table or a folder of the server', ['innodb_ft_user_stopword_table', 'innodb_tmpdir']),
  ...reasons('read-only in a session: the global one decides, and settle refuses a small one', [
    'max_user_connections',
  ]),
  ...reasons('how pages lie on the disk, which is the operator’s', [
    'innodb_compression_default',
    'innodb_default_encryption_key_id',
    'default_table_encryption',
  ]),
  ...reasons('of a format that only a hand writes', ['optimizer_trace_features', 'log_slow_filter', 'explain_format']),
};

/** Bytes beyond which a test would take the machine's memory from others. */
const MEMORY_MAX = 64n * 1024n * 1024n;

/** Reads the server's list. */
export async function hostileSettings(server: SpareServer): Promise<SettingsList> {
  const listed = server.kind === 'mariadb' ? await mariadbSettings(server) : await mysqlSettings(server);
  const walked: WalkedSetting[] = [];
  const unknown: string[] = [];
  for (const one of listed) {
    const { name, sessionOnly } = one;
    if (WITHOUT_EFFECT[name] !== undefined) continue;
    const values = BY_HAND[name] ?? generated(one);
    if (values === undefined) unknown.push(name);
    else walked.push({ name, values, sessionOnly });
  }
  return { walked, unknown };
}

/** The settings of a round: the `n`th hostile value of each that has so many. */
export function roundOf(walked: readonly WalkedSetting[], n: number): HostileSetting[] {
  return walked
    .filter(({ values }) => values.length > n)
    .map(({ name, values, sessionOnly }) => ({ name, value: values[n], sessionOnly }));
}

function generated({ name, type, value, min, max }: Listed): readonly string[] | undefined {
  if (/=o(n|ff)/.test(value)) return [flipped(value)];
  if (/BOOL/i.test(type)) return [/^(ON|1|YES)$/i.test(value) ? '0' : '1'];
  // Their values by number, as far as there are any: the server refuses one too many.
  if (/^ENUM/i.test(type)) return ['0', '1', '2', '3', '4'];
  if (/SET$/i.test(type)) return ["''", '7', '1'];
  if (!/INT|NUMERIC|DOUBLE/i.test(type) || min === '') return undefined;
  const most = /size|length|buffer|memory|packet|prealloc|chunk|threads/.test(name)
    ? minOf(BigInt(max), MEMORY_MAX)
    : max;
  return [...new Set([min, String(most)])].filter((one) => one !== value);
}

function minOf(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/** Every switch the other way, but for one of the two ways to answer a subquery: MariaDB wants to keep one. */
function flipped(value: string): string {
  const turned = value.replace(/=(on|off)/g, (_, state) => (state === 'on' ? '=off' : '=on'));
  return `'${turned.replace('in_to_exists=off', 'in_to_exists=on')}'`;
}

async function mariadbSettings(server: SpareServer): Promise<Listed[]> {
  const rows = await server.query(
    `SELECT LOWER(VARIABLE_NAME) AS name, VARIABLE_TYPE AS type, GLOBAL_VALUE AS value, NUMERIC_MIN_VALUE AS min,
       NUMERIC_MAX_VALUE AS max, VARIABLE_SCOPE AS scope
     FROM information_schema.SYSTEM_VARIABLES WHERE VARIABLE_SCOPE LIKE 'SESSION%' ORDER BY 1`,
  );
  return rows.map((row) => ({
    name: row.name,
    type: row.type,
    value: row.value ?? '',
    min: row.min ?? '',
    max: row.max ?? '',
    sessionOnly: row.scope === 'SESSION ONLY',
  }));
}

async function mysqlSettings(server: SpareServer): Promise<Listed[]> {
  const rows = await server.query(
    `SELECT m.VARIABLE_NAME AS name, m.DATA_TYPE AS type, g.VARIABLE_VALUE AS value, m.MIN_VALUE AS min,
       m.MAX_VALUE AS max, m.VARIABLE_SCOPE AS scope
     FROM performance_schema.variables_metadata m
     LEFT JOIN performance_schema.global_variables g ON g.VARIABLE_NAME = m.VARIABLE_NAME
     WHERE m.VARIABLE_SCOPE LIKE 'SESSION%' ORDER BY 1`,
  );
  return rows.map((row) => ({
    name: row.name,
    type: row.type,
    value: row.value ?? '',
    min: row.min ?? '',
    max: row.max ?? '',
    sessionOnly: row.scope === 'SESSION_ONLY',
  }));
}

function reasons(why: string, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, why]));
}
