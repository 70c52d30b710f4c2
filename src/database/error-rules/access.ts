/** Who may connect, and what they may do. */
import { ExitCode } from '../../errors.ts';
import type { ErrorRule } from './error-rule.ts';

const { usage } = ExitCode;

export const accessRules: readonly ErrorRule[] = [
  {
    code: 'DATABASE_TRIGGERS_REFUSED',
    class: 'fatal',
    exitCode: usage,
    // Binary logging is on, and only SUPER may make triggers.
    codes: [1419],
    message: 'the server lets this user make no triggers while it writes a binary log',
    hint: 'set log_bin_trust_function_creators = 1 on the server, or run `settle migrate` once as a user with SUPER; the triggers only refuse changes and write nothing',
  },
  {
    code: 'DATABASE_PRIVILEGE_MISSING',
    class: 'fatal',
    exitCode: usage,
    // Database, table, column, routine, global privilege, triggers and their definers, a firewall.
    codes: [1044, 1142, 1143, 1370, 1227, 1345, 1449, 1873, 3879, 6038, 6444],
    message: 'the database user lacks a privilege',
    hint: 'grant it, or use another user in the database URL; what comes by a role needs SET DEFAULT ROLE',
  },
  {
    code: 'DATABASE_ACCESS_DENIED',
    class: 'fatal',
    exitCode: usage,
    // Password, host, plugin, expired password, locked account, too many failed passwords (MariaDB 4150).
    codes: [1045, 1130, 1251, 1524, 1698, 1820, 1862, 3118, 3955, 4150, 4151, 'AUTH_SWITCH_PLUGIN_ERROR'],
    message: 'the database refuses the user',
    hint: 'check user and password in the database URL; special characters must be percent-encoded; a server that takes only encrypted connections may say so by this: add ?ssl-mode=required',
  },
  {
    code: 'DATABASE_ACCESS_DENIED',
    class: 'fatal',
    exitCode: usage,
    codes: ['MYSQL_CLEAR_PASSWORD_NOT_ENABLED'],
    message: 'the server wants the password in a way that is not safe',
    hint: 'settle gives it in clear text to nobody: give the user another authentication plugin; if it has one, this is not your server',
  },
  {
    code: 'DATABASE_TLS',
    class: 'fatal',
    exitCode: usage,
    codes: [
      3159,
      'HANDSHAKE_NO_SSL_SUPPORT',
      'HANDSHAKE_SSL_ERROR',
      'SELF_SIGNED_CERT_IN_CHAIN',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'CERT_HAS_EXPIRED',
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
    message: 'no encrypted connection could be made',
    hint: 'check the ssl- options of the database URL; to another machine it takes ssl-mode=disabled to go without',
  },
];
