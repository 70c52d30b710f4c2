/**
 * Revisions: a completed instance is computed again as a new instance, told apart by the identifying parameter
 * `revision` (Long): absent for the first, then 2, 3, ... All of them but the newest have ended for good.
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
 * The parameters to run with: those of the newest revision. A start goes on with it where it did not end, and is told
 * that it is complete, or abandoned, where it did: an older revision that completed says nothing of what came after.
 * `rerun` gives those of the next revision where nothing of the newest will be restarted. A `revision` among the raw
 * parameters names one that exists, to restart it.
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
  const newest = await findNewestRevision(database, job, first);
  if (newest === undefined) return first;
  return nthRevision(first, rerun && isClosed(newest.status) ? newest.number + 1 : newest.number);
}

/** The newest revision that was ever started; undefined when there is none. */
async function findNewestRevision(
  database: Database,
  job: JobDefinition,
  first: JobParameters,
): Promise<{ readonly number: number; readonly status: BatchStatus } | undefined> {
  const instances = await listInstances(database, job, first);
  for (const { number, id } of instances.reverse()) {
    const status = (await lastExecutionOfInstance(database.knex, id))?.status;
    // Without one, a process died between its instance and its execution.
    if (status !== undefined) return { number, status };
  }
  return undefined;
}

/** The instances of all revisions, the first one first. Older ones may have been purged. */
async function listInstances(
  database: Database,
  job: JobDefinition,
  first: JobParameters,
): Promise<{ readonly number: number; readonly id: number }[]> {
  const instances: { readonly number: number; readonly id: number }[] = [];
  for (let before = 0; before < REVISIONS_MAX; before += REVISIONS_A_QUERY) {
    const numbers = Array.from({ length: REVISIONS_A_QUERY }, (_, i) => before + i + 1);
    const keys = new Map(numbers.map((number) => [jobKey(nthRevision(first, number)), number]));
    const found = await findJobInstanceIds(database.knex, job.name, [...keys.keys()]);
    if (found.size === 0) return instances;
    for (const [key, number] of keys) {
      const id = found.get(key);
      if (id !== undefined) instances.push({ number, id });
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
  const parameters = revision >= 1 ? nthRevision(first, revision) : undefined;
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
