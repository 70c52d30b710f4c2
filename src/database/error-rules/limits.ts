/** Limits of time, size and number that a server sets for a statement, a session or a transaction. */
import { ExitCode } from '../../errors.ts';
import { CONTINUE, type ErrorRule } from './error-rule.ts';

const { failed, usage } = ExitCode;

const MEMORY_HINT = 'give the server more memory, or use fewer --workers; then start the run again';

export const limitRules: readonly ErrorRule[] = [
  {
    code: 'DATABASE_STATEMENT_TIMEOUT',
    class: 'fatal',
    exitCode: failed,
    // max_statement_time (MariaDB), max_execution_time (MySQL), LIMIT ROWS EXAMINED.
    codes: [1969, 3024, 1931],
    message: 'a limit of the server ended a statement',
    hint: 'settle asks for none; a proxy, a resource group or the account sets one: raise it',
  },
  {
    code: 'DATABASE_STATEMENT_KILLED',
    class: 'transient',
    exitCode: failed,
    codes: [1317],
    message: 'somebody on the server ended a statement',
    hint: `find out who kills long statements (KILL QUERY, a watchdog); ${CONTINUE}`,
  },
  {
    code: 'DATABASE_SELECT_TOO_LARGE',
    class: 'fatal',
    exitCode: usage,
    codes: [1104],
    message: 'the server forbids a statement that reads so many rows',
    hint: 'let the proxy between settle and the server pass on SET SESSION max_join_size and sql_big_selects',
  },
  {
    code: 'DATABASE_SAFE_UPDATES',
    class: 'fatal',
    exitCode: usage,
    codes: [1175],
    message: 'the server forbids an update without a key',
    hint: 'let the proxy between settle and the server pass on SET SESSION sql_safe_updates',
  },
  {
    code: 'DATABASE_OUT_OF_MEMORY',
    class: 'transient',
    exitCode: failed,
    // Memory of the server, of an engine, of an allocation; threads; metadata locks (MySQL 3985).
    codes: [5, 1037, 1041, 1135, 3015, 3044, 3985, 'SQLITE_NOMEM'],
    message: 'the database has no memory left for this',
    hint: MEMORY_HINT,
  },
  {
    code: 'DATABASE_OUT_OF_MEMORY',
    class: 'transient',
    exitCode: failed,
    codes: [1290],
    pattern: /max[-_]session[-_]mem/,
    message: 'the database has no memory left for this',
    hint: 'raise max_session_mem_used on the server',
  },
  {
    code: 'DATABASE_MEMORY_LIMIT',
    class: 'fatal',
    exitCode: failed,
    // Sort buffer, thread stack, capacity of an operation and of the parser (MySQL 3170, 3186), connection_memory_limit
    // and its global one (MySQL 4082, 4081).
    codes: [1038, 1119, 1436, 3170, 3186, 4081, 4082],
    message: 'a limit on the server’s memory ended a statement',
    hint: 'raise the limit that is named here: sort_buffer_size, thread_stack, parser_max_mem_size or connection_memory_limit',
  },
  {
    code: 'DATABASE_LOCK_TABLE_FULL',
    class: 'fatal',
    exitCode: failed,
    codes: [1206],
    message: 'the server has no memory left for locks',
    hint: 'raise innodb_buffer_pool_size, or use a smaller --chunk',
  },
  {
    code: 'DATABASE_TOO_MANY_STATEMENTS',
    class: 'transient',
    exitCode: failed,
    codes: [1461, 6411],
    message: 'the server takes no more prepared statements',
    hint: 'raise max_prepared_stmt_count on the server, or find out who does not close theirs',
  },
  {
    code: 'DATABASE_TRANSACTION_TOO_LARGE',
    class: 'fatal',
    exitCode: failed,
    // Binary log caches, write sets (MySQL 3231), undo.
    codes: [1197, 1705, 3231, 1713, 3019],
    message: 'a transaction is larger than the server takes',
    hint: 'use a smaller --chunk, or raise the limit that is named here (max_binlog_cache_size)',
  },
  {
    code: 'DATABASE_TRANSACTION_TOO_LARGE',
    class: 'fatal',
    exitCode: failed,
    codes: [1180, 1105, 3100],
    pattern: /write ?set|transaction size|message size|wsrep_max_ws/i,
    message: 'a transaction is larger than the cluster takes',
    hint: 'use a smaller --chunk, or raise wsrep_max_ws_size (group_replication_transaction_size_limit)',
  },
  {
    code: 'DATABASE_PACKET_TOO_LARGE',
    class: 'fatal',
    exitCode: failed,
    // A statement, a text that a function makes, an answer (MySQL 3068, MariaDB 4075).
    codes: [1153, 1162, 3068, 4075],
    message: 'a statement is larger than the server takes',
    hint: 'raise max_allowed_packet on the server to 16M or more',
  },
  {
    code: 'DATABASE_RECURSION_LIMIT',
    class: 'fatal',
    exitCode: failed,
    // CTE_MAX_RECURSION_DEPTH, routines, cascades.
    codes: [3636, 1456, 3008],
    message: 'a statement goes deeper than the server takes',
    hint: 'raise the limit that is named here',
  },
  {
    code: 'DATABASE_IDS_EXHAUSTED',
    class: 'fatal',
    exitCode: usage,
    // AUTO_INCREMENT (1467), sequence (MariaDB).
    codes: [1467, 4084, 4085],
    message: 'there are no ids left',
    hint: 'a column or a sequence has reached its end: make it larger',
  },
  {
    code: 'DATABASE_BINARY_LOG',
    class: 'fatal',
    exitCode: usage,
    codes: [1598, 1661, 1662, 1663, 1664, 1665, 4088],
    message: 'the server cannot write this to its binary log',
    hint: 'set binlog_format to ROW or MIXED on the server',
  },
  {
    code: 'DATABASE_SETTING_REFUSED',
    class: 'fatal',
    exitCode: usage,
    // Unknown, read-only, wrong value, global only, session only.
    codes: [1193, 1238, 1621, 1231, 1232, 1229, 1228],
    message: 'the server does not take a setting that results depend on',
    hint: 'is it MariaDB 10.6 or MySQL 8.0 at least, or a proxy that does not pass on SET SESSION?',
  },
  {
    code: 'DATABASE_ENGINE_MISSING',
    class: 'fatal',
    exitCode: usage,
    codes: [1290],
    pattern: /ENGINE_SUBSTITUTION/,
    message: 'the server does not make a table of InnoDB',
    hint: 'settle needs InnoDB: see enforce_storage_engine',
  },
  {
    code: 'DATABASE_OPTION_PREVENTS',
    class: 'fatal',
    exitCode: usage,
    codes: [1290],
    message: 'an option of the server forbids a statement',
    hint: 'the message names the option: change it on the server, or use another one',
  },
  {
    code: 'DATABASE_SECONDARY_ENGINE',
    class: 'fatal',
    exitCode: usage,
    codes: [3889, 3890],
    message: 'the server wants a statement to run in a secondary engine',
    hint: 'set use_secondary_engine to ON, not FORCED',
  },
];
