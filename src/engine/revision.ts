/**
 * Revisions: a completed instance is computed again as a new instance, told apart by the identifying parameter
 * `revision` (Long): absent for the first, then 2, 3, ...
 */
import type { Database } from '../database/database.ts';
import { usageError } from '../errors.ts';
import { lastExecutionOfInstance } from '../repository/job-execution.ts';
import { findJobInstance, findJobInstanceIds } from '../repository/job-instance.ts';
import type { BatchStatus } from '../repository/types.ts';
import type { JobDefinition } from './job.ts';
import { jobKey } from './job-key.ts';
import type { JobParameters } from './parameters.ts';
import { parseParameters, REVISION, withRevision } from './parse-parameters.ts';

const REVISIONS_MAX = 10_000;
/** A date that is computed again every day for a month is found by one statement. */
const REVISIONS_A_QUERY = 40;

/**
 * The parameters to run with. `rerun` gives those of the last revision where that can still be restarted, else of the
 * next. A `revision` among the raw parameters names one that exists, to restart it.
 */
export async function resolveParameters(
  database: Database,
  job: JobDefinition,
  raw: Readonly<Record<string, string>>,
  rerun: boolean,
): Promise<JobParameters> {
  const { [REVISION]: revision, ...others } = raw;
  const first = parseParameters(job, others);
  if (revision !== undefined) return await requireRevision(database, job, first, revision);
  if (!rerun) return first;

  const instances = await listInstances(database, job, first);
  for (let at = instances.length - 1; at >= 0; at--) {
    const status = (await lastExecutionOfInstance(database.knex, instances[at]))?.status;
    // A process died between its instance and its execution.
    if (status === undefined) continue;
    return nthRevision(first, isClosed(status) ? at + 2 : at + 1);
  }
  return first;
}

/** Ids of the instances of all revisions, the first one first. */
async function listInstances(database: Database, job: JobDefinition, first: JobParameters): Promise<number[]> {
  const ids: number[] = [];
  while (ids.length < REVISIONS_MAX) {
    const keys = Array.from({ length: REVISIONS_A_QUERY }, (_, i) => jobKey(nthRevision(first, ids.length + i + 1)));
    const found = await findJobInstanceIds(database.knex, job.name, keys);
    for (const key of keys) {
      const id = found.get(key);
      if (id === undefined) return ids;
      ids.push(id);
    }
  }
  throw usageError(`${job.name} with these parameters has ${REVISIONS_MAX} revisions already`);
}

function nthRevision(first: JobParameters, number: number): JobParameters {
  return number === 1 ? first : withRevision(first, number);
}

async function requireRevision(
  database: Database,
  job: JobDefinition,
  first: JobParameters,
  text: string,
): Promise<JobParameters> {
  const revision = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  const parameters = revision >= 2 ? withRevision(first, revision) : undefined;
  if (parameters !== undefined && (await statusOf(database, job, parameters)) !== undefined) return parameters;
  throw usageError(
    `${REVISION}: ${JSON.stringify(text)} is no revision of ${job.name} with these parameters`,
    'a new one is made with --rerun',
  );
}

/** Of the last execution of the instance; undefined when it was never run. */
async function statusOf(
  database: Database,
  job: JobDefinition,
  parameters: JobParameters,
): Promise<BatchStatus | undefined> {
  const instance = await findJobInstance(database.knex, job.name, jobKey(parameters));
  if (instance === undefined) return undefined;
  return (await lastExecutionOfInstance(database.knex, instance.id))?.status;
}

/** Nothing of it will be restarted. */
function isClosed(status: BatchStatus | undefined): boolean {
  return status === 'COMPLETED' || status === 'ABANDONED';
}
