/** Runs every check, in an order in which each can rely on those before it, and sums up. */
import { availableParallelism } from 'node:os';
import type { Migration } from '../../migrations/migration.ts';
import { toSettleError } from '../database/errors.ts';
import { openDatabase } from '../database/open.ts';
import type { SetAsideStore } from '../engine/set-aside.ts';
import { ExitCode, type SettleError } from '../errors.ts';
import type { Mappings } from '../mapping/mapping.ts';
import type { Check, CheckContext, DomainCheck, DomainHealth, Finding } from './check.ts';
import { clockCheck } from './checks/clock.ts';
import { columnsCheck } from './checks/columns.ts';
import { connectionsCheck } from './checks/connections.ts';
import { diskCheck } from './checks/disk.ts';
import { encryptionCheck } from './checks/encryption.ts';
import { isolationCheck } from './checks/isolation.ts';
import { leasesCheck } from './checks/leases.ts';
import { mappingsCheck } from './checks/mappings.ts';
import { packetCheck } from './checks/packet.ts';
import { privilegesCheck } from './checks/privileges.ts';
import { schemaCheck } from './checks/schema.ts';
import { serverSettingsCheck } from './checks/server-settings.ts';
import { setAsideCheck } from './checks/set-aside.ts';
import { unfinishedCheck } from './checks/unfinished.ts';
import { workersCheck } from './checks/workers.ts';

const CHECKS: readonly Check[] = [
  encryptionCheck,
  schemaCheck,
  mappingsCheck,
  privilegesCheck,
  columnsCheck,
  clockCheck,
  isolationCheck,
  serverSettingsCheck,
  packetCheck,
  connectionsCheck,
  diskCheck,
  leasesCheck,
  workersCheck,
  unfinishedCheck,
  setAsideCheck,
];

export interface NamedFinding extends Finding {
  readonly check: string;
}

export interface Examination {
  readonly findings: readonly NamedFinding[];
  /** 0: nothing failed. 1: something failed that may right itself. 2: a person must put something right first. */
  readonly exitCode: ExitCode;
}

export interface ExamineOptions {
  /** Worker threads of a run; default: the number of cores. */
  readonly workers?: number;
  readonly now?: () => number;
  /** What the program's domains add. Default: nothing. */
  readonly domains?: readonly DomainHealth[];
  readonly setAside?: readonly SetAsideStore[];
  /** What the schema must have. Default: what the engine needs. */
  readonly migrations?: readonly Migration[];
  /** Names of migrations that this version of settle has besides. */
  readonly knownMigrations?: readonly string[];
  /** What the configuration maps. Default: nothing, and the database may map what it likes. */
  readonly mappings?: Mappings;
}

/** Never rejects: what goes wrong is a finding. */
export async function examine(databaseUrl: string, options: ExamineOptions = {}): Promise<Examination> {
  const findings: NamedFinding[] = [];
  try {
    const database = await openDatabase(databaseUrl, { create: false });
    try {
      const version = await database.dialect.inspect.version(database.knex);
      findings.push({ check: 'database', verdict: 'pass', message: `${database.displayUrl} answers (${version})` });
      const { workers = availableParallelism(), now = Date.now } = options;
      const { domains = [], setAside, migrations, knownMigrations, mappings } = options;
      const context: CheckContext = {
        database,
        workers,
        now,
        domains,
        setAside,
        migrations,
        knownMigrations,
        mappings,
      };
      for (const check of withDomains(domains.flatMap(({ checks = [] }) => checks)))
        findings.push(...(await runCheck(check, context, findings)));
    } finally {
      await database.close();
    }
  } catch (error) {
    findings.push({ check: 'database', ...failure(toSettleError(error)) });
  }
  return { findings, exitCode: exitCodeOf(findings) };
}

/** The checks of domains among those of the engine, each where it wants to be. */
function withDomains(own: readonly DomainCheck[]): Check[] {
  const before = Map.groupBy(own, ({ before }) => before);
  const names = new Set<string | undefined>(CHECKS.map(({ name }) => name));
  return [
    ...CHECKS.flatMap((check) => [...(before.get(check.name) ?? []), check]),
    ...own.filter((check) => !names.has(check.before)),
  ];
}

async function runCheck(check: Check, context: CheckContext, before: readonly NamedFinding[]): Promise<NamedFinding[]> {
  const { name } = check;
  const schemaIsGood = before.some((finding) => finding.check === schemaCheck.name && finding.verdict === 'pass');
  if (check.needsSchema && !schemaIsGood) return [];
  const mappingIsWrong = before.some(({ check: name, verdict }) => name === mappingsCheck.name && verdict === 'fail');
  if (check.readsMapped && mappingIsWrong) return [];
  try {
    const found = await check.run(context);
    return [found].flat().map((finding) => ({ check: name, ...finding }));
  } catch (error) {
    return [{ check: name, ...failure(toSettleError(error, context.database.displayUrl)) }];
  }
}

function failure({ message, hint, exitCode }: SettleError): Finding {
  const needsConfiguration = exitCode === ExitCode.usage || exitCode === ExitCode.schemaOutdated;
  return { verdict: 'fail', message, hint, needsConfiguration };
}

function exitCodeOf(findings: readonly NamedFinding[]): ExitCode {
  const failed = findings.filter(({ verdict }) => verdict === 'fail');
  if (failed.length === 0) return ExitCode.completed;
  return failed.some(({ needsConfiguration }) => needsConfiguration) ? ExitCode.usage : ExitCode.failed;
}
