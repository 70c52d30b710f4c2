/**
 * What each connection to a server sets for itself, whatever the server's configuration, its `init_connect` or the
 * account says: everything that a result, a lease, a lock or a limit depends on. docs/decisions/0021 says how the list
 * came about; test/integration/servers walks the servers' own lists of settings and holds it.
 */
import { type BoundedConnection, boundSilence } from './silence.ts';

/** How long a session may be idle; outside of the transactions that `Dialect.withIdleLimit` has a word with. */
export const SESSION_IDLE_SECONDS_MAX = 28_800;
/** How long a statement waits for a row. A wait beyond it is a transient error, which is tried again. */
export const ROW_LOCK_WAIT_SECONDS_MAX = 50;
/** How long a statement waits for a table whose shape changes; less than `ANSWER_SECONDS_MAX` of silence.ts. */
export const TABLE_LOCK_WAIT_SECONDS_MAX = 300;

/** Of BIGINT UNSIGNED: how these servers write that there is no limit. */
const UNLIMITED = '18446744073709551615';

/** Names and values as SQL. Literal values, because DEFAULT mostly means the server's configuration. */
type Settings = Readonly<Record<string, string | number>>;

/** What both servers know. Ordered: `max_join_size` changes `sql_big_selects`. */
const COMMON: Settings = {
  // First: it commits what `init_connect` may have begun. Without it nothing outside of a transaction is ever committed.
  autocommit: 1,
  completion_type: "'NO_CHAIN'",
  // Other zones would shift every TIMESTAMP and NOW().
  time_zone: "'+00:00'",
  // All flags: none changes what a quote, a backslash, || or an empty text means, or lets a value be cut.
  sql_mode: "'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
  // Rows of an answer.
  sql_select_limit: UNLIMITED,
  max_join_size: UNLIMITED,
  sql_big_selects: 1,
  sql_safe_updates: 0,
  sql_auto_is_null: 0,
  updatable_views_with_limit: "'YES'",
  // Values of expressions, and their order.
  div_precision_increment: 4,
  group_concat_max_len: 1_048_576,
  default_week_format: 0,
  lc_time_names: "'en_US'",
  max_sort_length: 8_192,
  // With less, a sort of wide rows fails.
  sort_buffer_size: 2_097_152,
  // errors.ts tells some errors apart by their text.
  lc_messages: "'en_US'",
  // What a table is made of, and what may be written.
  default_storage_engine: "'InnoDB'",
  default_tmp_storage_engine: "'InnoDB'",
  foreign_key_checks: 1,
  unique_checks: 1,
  // Locks and waits.
  innodb_lock_wait_timeout: ROW_LOCK_WAIT_SECONDS_MAX,
  lock_wait_timeout: TABLE_LOCK_WAIT_SECONDS_MAX,
  // A server gives up on a reader that pauses while its chunk is worked on; the default is a minute.
  net_write_timeout: 3600,
  net_read_timeout: 3600,
  wait_timeout: SESSION_IDLE_SECONDS_MAX,
};

const MARIADB: Settings = {
  max_statement_time: 0,
  idle_transaction_timeout: 0,
  idle_readonly_transaction_timeout: 0,
  idle_write_transaction_timeout: 0,
  max_session_mem_used: '9223372036854775807',
  tmp_disk_table_size: UNLIMITED,
  check_constraint_checks: 1,
  query_cache_type: "'OFF'",
  old_mode: "'UTF8_IS_UTF8MB3'",
  old: 0,
  standard_compliant_cte: 1,
  default_regex_flags: "''",
  alter_algorithm: "'DEFAULT'",
  // Rows of the past of tables with system versioning. Here DEFAULT is the value, and means the present.
  system_versioning_asof: 'DEFAULT',
  system_versioning_insert_history: 0,
  explicit_defaults_for_timestamp: 1,
  // A node of a cluster that has lost the others would answer with what it last knew.
  wsrep_dirty_reads: 0,
};

const MYSQL: Settings = {
  max_execution_time: 0,
  windowing_use_high_precision: 1,
  cte_max_recursion_depth: 1_000,
  // With less, a long list of keys is answered by reading the whole table.
  range_optimizer_max_mem_size: 8_388_608,
  // FORCED refuses what only InnoDB has.
  use_secondary_engine: "'ON'",
};

/** Both servers take their own part of one statement: executable comments of the other are comments. */
export function settingsStatement(unknown: ReadonlySet<string> = new Set()): string {
  const list = (settings: Settings) =>
    Object.entries(settings)
      .filter(([name]) => !unknown.has(name))
      .map(([name, value]) => `, SESSION ${name} = ${value}`)
      .join('');
  // Binary: texts are told apart by every character, as in the tables of settle and on SQLite.
  return `SET NAMES utf8mb4 COLLATE utf8mb4_bin${list(COMMON)} /*M!${list(MARIADB)} */ /*!80000${list(MYSQL)} */`;
}

interface ServerError {
  readonly errno?: number;
  readonly sqlMessage?: string;
}

interface SessionConnection extends BoundedConnection {
  query(sql: string, done: (error: ServerError | null) => void): void;
}

type Done = (error: unknown, connection: SessionConnection) => void;

const ER_UNKNOWN_SYSTEM_VARIABLE = 1193;
/** The server decides by an option of its own who may set a clock: `secure_timestamp`. */
const ER_OPTION_PREVENTS_STATEMENT = 1290;
const ER_SPECIFIC_ACCESS_DENIED = 1227;

/** For knex's pool: sets up each new connection before anybody gets it. */
export function prepareSession(answerSecondsMax: number | undefined) {
  /** What this server is too old or too new for; what it does not know it does not do either. */
  const unknown = new Set<string>();

  const applySettings = (connection: SessionConnection, done: (error: ServerError | null) => void): void => {
    connection.query(settingsStatement(unknown), (error) => {
      const name = error?.errno === ER_UNKNOWN_SYSTEM_VARIABLE ? nameIn(error.sqlMessage) : undefined;
      if (name === undefined || unknown.has(name)) return done(error);
      unknown.add(name);
      applySettings(connection, done);
    });
  };

  return (connection: SessionConnection, done: Done): void => {
    boundSilence(connection, answerSecondsMax);
    applySettings(connection, (error) => {
      if (error) return done(error, connection);
      // Only `init_connect` can have stopped the clock that leases go by; where that is not allowed, nobody has.
      connection.query('SET SESSION timestamp = 0', (refusal) => {
        const { errno } = refusal ?? {};
        if (refusal && errno !== ER_OPTION_PREVENTS_STATEMENT && errno !== ER_SPECIFIC_ACCESS_DENIED) {
          return done(refusal, connection);
        }
        // Under REPEATABLE READ, parallel writers take gap locks and deadlock over rows that do not exist yet, and a
        // transaction that waited for a lock goes on with a view from before it. Each statement here wants the present.
        connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE', (failure) =>
          done(failure, connection),
        );
      });
    });
  };
}

function nameIn(message: string | undefined): string | undefined {
  const words = new Set(message?.match(/\w+/g));
  return [COMMON, MARIADB, MYSQL].flatMap((settings) => Object.keys(settings)).find((name) => words.has(name));
}
