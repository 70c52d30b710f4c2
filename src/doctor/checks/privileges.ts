/** The database user's privileges on every table that a run reads or writes (docs/operations.md, Privileges). */
import type { Privilege } from '../../database/inspect.ts';
import { type Check, type Finding, misconfigured, pass, warn } from '../check.ts';

const ALL: readonly Privilege[] = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];
/** Tables of the platform's own: a run only reads them. */
const SOURCES = ['view_log', 'video'];
const TABLES_NAMED_MAX = 3;

export const privilegesCheck: Check = {
  name: 'privileges',
  needsSchema: true,
  async run({ database }) {
    const { inspect } = database.dialect;
    const tables = await inspect.tables(database.knex);
    const lacking = new Map<Privilege, string[]>();
    for (const table of tables.filter((name) => /^(settle_|batch_|video_daily_stats$)/i.test(name))) {
      for (const privilege of await inspect.missingPrivileges(database, table, ALL)) {
        lacking.set(privilege, [...(lacking.get(privilege) ?? []), table]);
      }
    }
    const importsLack: string[] = [];
    for (const table of SOURCES) {
      const missing = await inspect.missingPrivileges(database, table, ['SELECT', 'INSERT', 'UPDATE']);
      if (missing.includes('SELECT')) lacking.set('SELECT', [...(lacking.get('SELECT') ?? []), table]);
      const others = missing.filter((privilege) => privilege !== 'SELECT');
      if (others.length > 0) importsLack.push(`${others.join(', ')} on ${table}`);
    }
    const findings: Finding[] = [...lacking].map(([privilege, names]) => {
      const more = names.length > TABLES_NAMED_MAX ? ` and ${names.length - TABLES_NAMED_MAX} more` : '';
      const named = `${names.slice(0, TABLES_NAMED_MAX).join(', ')}${more}`;
      return misconfigured(`the user lacks ${privilege} on ${named}`, 'grant what docs/operations.md lists');
    });
    if (importsLack.length > 0) {
      const message = `enough to run, but import and seed lack ${importsLack.join('; ')}`;
      findings.push(warn(message, 'grant it where views and videos are imported; elsewhere it is as it should be'));
    }
    return findings.length > 0 ? findings : pass('all that is needed');
  },
};
