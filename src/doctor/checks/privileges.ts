/**
 * The database user's privileges on every table (docs/operations.md, Privileges): those that a run needs and are missing,
 * and those on the ledger's append-only tables that a run does not need and should not have.
 */
import type { Database } from '../../database/database.ts';
import type { Privilege } from '../../database/inspect.ts';
import { type Check, type Finding, misconfigured, type PrivilegesOf, pass, warn } from '../check.ts';
import { appendOnlyTables, tablePrivileges } from '../table-privileges.ts';

const TABLES_NAMED_MAX = 3;
const CHANGES: readonly Privilege[] = ['UPDATE', 'DELETE'];

export const privilegesCheck: Check = {
  name: 'privileges',
  needsSchema: true,
  readsMapped: true,
  async run({ database, domains = [] }) {
    const findings: Finding[] = [];
    const { own, sources, imports } = tablePrivileges(domains);
    const lacking = await lackingPrivileges(database, { ...own, ...sources });
    for (const [privilege, tables] of lacking) {
      const message = `the user lacks ${privilege} on ${namedTables(tables)}`;
      findings.push(
        misconfigured(message, 'grant what docs/operations.md lists; of a view, on the table that it reads too'),
      );
    }
    const importsLack = await lackingPrivileges(database, imports);
    if (importsLack.size > 0) {
      const lacks = [...importsLack].map(([privilege, tables]) => `${privilege} on ${namedTables(tables)}`).join('; ');
      findings.push(
        warn(
          `enough to run, but import and seed lack ${lacks}`,
          'grant it where they write these tables; elsewhere it is as it should be',
        ),
      );
    }
    const tooMuch = await changeable(database, appendOnlyTables(own));
    if (tooMuch.length > 0) {
      findings.push(
        warn(
          `the user may change what is append-only: ${namedTables(tooMuch)}`,
          'let runs use a user with the grants of docs/operations.md: what has been posted is then out of their reach',
        ),
      );
    }
    return findings.length > 0 ? findings : pass('all that is needed, and no more');
  },
};

/** What of the privileges is missing: tables by privilege. A table on which the user has none at all cannot be seen. */
export async function lackingPrivileges(database: Database, wanted: PrivilegesOf): Promise<Map<Privilege, string[]>> {
  const lacking = new Map<Privilege, string[]>();
  for (const [table, privileges] of Object.entries(wanted)) {
    for (const privilege of await database.dialect.inspect.missingPrivileges(database, table, privileges)) {
      lacking.set(privilege, [...(lacking.get(privilege) ?? []), table]);
    }
  }
  return lacking;
}

/** The append-only tables of which the user can change rows. SQLite has no users: its files' owner may do everything. */
async function changeable(database: Database, appendOnly: readonly string[]): Promise<string[]> {
  if (database.dialect.name === 'sqlite') return [];
  const tables: string[] = [];
  for (const table of appendOnly) {
    const lacks = await database.dialect.inspect.missingPrivileges(database, table, CHANGES);
    if (lacks.length < CHANGES.length) tables.push(table);
  }
  return tables;
}

export function namedTables(tables: readonly string[]): string {
  const more = tables.length > TABLES_NAMED_MAX ? ` and ${tables.length - TABLES_NAMED_MAX} more` : '';
  return `${tables.slice(0, TABLES_NAMED_MAX).join(', ')}${more}`;
}
