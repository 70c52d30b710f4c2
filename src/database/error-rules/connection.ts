/** Conflicts with other transactions, and connections: lost, refused, too many, to a server that only reads. */
import { ExitCode } from '../../errors.ts';
import { CONTINUE, type ErrorRule, NO_CODE } from './error-rule.ts';

const { failed, usage } = ExitCode;

export const connectionRules: readonly ErrorRule[] = [
  {
    code: 'DATABASE_CONFLICT',
    class: 'transient',
    exitCode: failed,
    // Deadlock, lock wait timeout, record changed since it was read (MariaDB snapshot isolation), too many transactions,
    // table definition changed, prepared statement to be prepared anew or unknown after a failover, lock not free at
    // once (MySQL 3572, MariaDB 1205), lock given up (1689), branch rolled back (1613), deadlock of named locks,
    // rolled back by group replication (3101), primary changing (4094), backup (MariaDB 4145).
    codes: [1213, 1205, 1020, 1637, 1412, 1615, 1243, 3572, 1689, 1613, 3058, 3101, 4094, 4145],
    message: 'another transaction was in the way',
    hint: CONTINUE,
  },
  {
    code: 'DATABASE_CONFLICT',
    class: 'transient',
    exitCode: failed,
    // Error during COMMIT or ROLLBACK, of a storage engine: a cluster rolls back what lost against another node.
    codes: [1180, 1181, 1030, 1296, 1297],
    pattern: /deadlock|lock wait|temporary error/i,
    message: 'another transaction was in the way',
    hint: CONTINUE,
  },
  {
    code: 'DATABASE_BUSY',
    class: 'transient',
    exitCode: failed,
    codes: ['SQLITE_BUSY', 'SQLITE_LOCKED'],
    message: 'the database file stayed locked by another process',
    hint: 'wait until the other process has ended, then start the run again',
  },
  {
    code: 'DATABASE_INIT_CONNECT',
    class: 'fatal',
    exitCode: usage,
    codes: [1152, 1184],
    pattern: /init_connect/,
    message: 'the server ends each connection of this user, because its init_connect fails',
    hint: 'correct init_connect on the server; it may need a privilege that this user lacks',
  },
  {
    code: 'DATABASE_CONNECTION_LOST',
    class: 'transient',
    exitCode: failed,
    // Server shutdown, network read and write errors, killed connection (MariaDB 1927, MySQL 3169), idle timeout (MySQL
    // 4031), Galera node not ready (1047).
    codes: [
      2006,
      2013,
      2055,
      1053,
      1152,
      1156,
      1158,
      1159,
      1160,
      1161,
      1184,
      1927,
      3169,
      4031,
      1047,
      'ECONNRESET',
      'EPIPE',
      'PROTOCOL_CONNECTION_LOST',
      'PROTOCOL_SEQUENCE_TIMEOUT',
    ],
    message: 'the connection to the database was lost',
    hint: CONTINUE,
  },
  {
    code: 'DATABASE_CONNECTION_LOST',
    class: 'transient',
    exitCode: failed,
    codes: [NO_CODE],
    pattern: /closed state|connection lost|server closed the connection/i,
    message: 'the connection to the database was lost',
    hint: CONTINUE,
  },
  {
    code: 'DATABASE_QUOTA_USED_UP',
    class: 'fatal',
    exitCode: failed,
    codes: [1226],
    // max_questions, max_updates, max_connections_per_hour, max_statement_time of an account.
    pattern: /max_(questions|queries|updates|connections_per_hour)/,
    message: 'the database user has used up what it may do in an hour',
    hint: 'run again in an hour, or raise the limit of the account: ALTER USER ... WITH MAX_QUERIES_PER_HOUR 0',
  },
  {
    code: 'DATABASE_TOO_MANY_CONNECTIONS',
    class: 'transient',
    exitCode: failed,
    codes: [1040, 1203, 1226],
    message: 'the database server takes no more connections',
    hint: 'try again later, use fewer --workers, or raise the limit named here',
  },
  {
    code: 'DATABASE_OFFLINE',
    class: 'transient',
    exitCode: failed,
    // offline_mode.
    codes: [3032, 6400],
    message: 'the database server is offline for its users',
    hint: 'try again when offline_mode is OFF, or point the URL to another server',
  },
  {
    code: 'DATABASE_READ_ONLY',
    class: 'transient',
    exitCode: failed,
    codes: [1290],
    pattern: /read[-_ ]?only/i,
    message: 'the database server is read-only',
    hint: 'it may be failing over: try again in a while, or point the URL to the primary',
  },
  {
    code: 'DATABASE_READ_ONLY',
    class: 'transient',
    exitCode: failed,
    // Server, transaction, InnoDB, schema (MySQL 3989), secondary of a group (4049), table.
    codes: [1836, 1792, 1874, 3989, 4049, 1036],
    message: 'the database server is read-only',
    hint: 'it may be failing over: try again in a while, or point the URL to the primary',
  },
  {
    code: 'DATABASE_HOST_BLOCKED',
    class: 'fatal',
    exitCode: failed,
    codes: [1129],
    message: 'the server blocks this host after too many connection errors',
    hint: 'run mariadb-admin flush-hosts on the server (MySQL: TRUNCATE performance_schema.host_cache), and find out what failed',
  },
  {
    code: 'DATABASE_UNREACHABLE',
    class: 'transient',
    exitCode: failed,
    codes: ['ECONNREFUSED', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'EAI_AGAIN', 'ECONNABORTED'],
    message: 'the database server cannot be reached',
    hint: 'is it running, and are host and port of the database URL right?',
  },
  {
    code: 'DATABASE_UNREACHABLE',
    class: 'fatal',
    exitCode: failed,
    codes: ['ENOTFOUND'],
    message: 'the host of the database is unknown',
    hint: 'check the host name in the database URL',
  },
  {
    code: 'DATABASE_POOL_EXHAUSTED',
    class: 'fatal',
    exitCode: failed,
    codes: [NO_CODE],
    pattern: /Timeout acquiring a connection/,
    message: 'no database connection came free',
    hint: 'this is a fault in the program: a statement outside of the open transaction, probably',
  },
];
