/** The isolation level of settle's own sessions: a proxy between may not pass on what they ask for. */
import { type Check, misconfigured, pass } from '../check.ts';

export const isolationCheck: Check = {
  name: 'isolation',
  async run({ database: { dialect, knex } }) {
    const settings = await dialect.inspect.settings(knex);
    if (settings === undefined) return pass('one writer at a time (SQLite)');
    if (settings.isolation !== 'READ-COMMITTED') {
      return misconfigured(
        `sessions are ${settings.isolation} although settle asks for READ COMMITTED`,
        'let the proxy between settle and the server pass on SET SESSION TRANSACTION ISOLATION LEVEL',
      );
    }
    if (settings.logsStatements) {
      return misconfigured(
        'the binary log has the format STATEMENT, which takes no writes under READ COMMITTED',
        'set binlog_format to ROW or MIXED on the server',
      );
    }
    return pass('READ COMMITTED');
  },
};
