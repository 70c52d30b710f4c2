/** Whether this host can do a worker's work: said when the worker starts, not in the middle of a partition. */
import { freemem, totalmem } from 'node:os';
import type { Database } from '../database/database.ts';
import { mayWriteEveryTable } from '../database/schema-grants.ts';
import { lackingPrivileges, namedTables } from '../doctor/checks/privileges.ts';
import { tablePrivileges } from '../doctor/table-privileges.ts';
import { allSteps, type JobDefinition } from '../engine/job.ts';
import { ExitCode, SettleError } from '../errors.ts';
import type { CommandContext, Registry } from './command-context.ts';

/** Of a process, and of each thread beside it, before either has read anything: measured, in MB. */
const PROCESS_MB = 120;
const THREAD_MB = 60;

/**
 * What it says it needs is what its jobs say of a run with as many threads, which is more than a worker needs by the
 * steps that only the run does.
 * @param jobs those that it takes work of
 * @throws SettleError (exit 2)
 */
export async function requireFitWorker(
  { database }: Pick<CommandContext, 'database'>,
  registry: Registry,
  jobs: readonly JobDefinition[],
  threads: number,
): Promise<void> {
  await requirePrivileges(database, registry);
  for (const job of jobs) {
    if (!allSteps(job).some((step) => step.kind === 'partitioned' && step.remote)) continue;
    await job.requireHost?.(database);
    const units = (await job.cost?.count?.(database)) ?? {};
    const neededMb = (count: number) => job.cost?.memoryMb(units, count) ?? PROCESS_MB + THREAD_MB * count;
    const problem = memoryProblem(job.name, neededMb, threads, availableMemoryMb());
    if (problem !== undefined) throw problem;
  }
}

async function requirePrivileges(database: Database, registry: Registry): Promise<void> {
  if (await mayWriteEveryTable(database.knex)) return;
  const { own, sources } = tablePrivileges(await registry.health());
  const lacking = await lackingPrivileges(database, { ...own, ...sources });
  if (lacking.size === 0) return;
  const lacks = [...lacking].map(([privilege, tables]) => `${privilege} on ${namedTables(tables)}`).join('; ');
  throw new SettleError('WORKER_UNFIT', ExitCode.usage, `this worker's database user lacks ${lacks}`, {
    hint: 'give it the grants of docs/operations.md, Privileges; settle doctor checks them',
  });
}

/** What this process may take: the limit of its container where there is one, else what the machine has free. */
function availableMemoryMb(): number {
  const limit = process.constrainedMemory();
  return (limit > 0 && limit < totalmem() ? limit : freemem()) / 2 ** 20;
}

/** Undefined when there is enough. Pure. */
export function memoryProblem(
  job: string,
  neededMb: (threads: number) => number,
  threads: number,
  haveMb: number,
): SettleError | undefined {
  const wanted = neededMb(threads);
  if (wanted <= haveMb) return undefined;
  const fitting = Array.from({ length: Math.min(threads - 1, 256) }, (_, index) => index + 1).findLast(
    (count) => neededMb(count) <= haveMb,
  );
  const howMany = `${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  return new SettleError(
    'WORKER_UNFIT',
    ExitCode.usage,
    `${job} needs about ${Math.round(wanted)} MB with ${howMany}, and this worker may take ${Math.floor(haveMb)} MB`,
    { hint: fitting === undefined ? 'give it more memory' : `--threads ${fitting}, or more memory` },
  );
}
