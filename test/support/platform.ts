/** What the domains of the platform have registered, for tests that call below the command line. */
import { createRegistry } from '../../src/cli/create-registry.ts';
import { type Examination, type ExamineOptions, examine as examineEngine } from '../../src/doctor/examine.ts';
import {
  appendOnlyTables as appendOnlyOf,
  tablePrivileges as privilegesOf,
} from '../../src/doctor/table-privileges.ts';
import { platform } from '../../src/platform.ts';

export const registry = createRegistry(platform);

const domains = await registry.health();
export const { own: tablePrivileges, sources: sourcePrivileges, imports: importPrivileges } = privilegesOf(domains);
export const appendOnlyTables = appendOnlyOf(tablePrivileges);

/** As `settle doctor` examines. */
export async function examine(databaseUrl: string, options: ExamineOptions = {}): Promise<Examination> {
  await registry.useErrorRules();
  return await examineEngine(databaseUrl, {
    ...options,
    domains,
    setAside: await registry.setAside(),
    migrations: await platform.migrations(),
  });
}
