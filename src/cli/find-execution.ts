/** Finds the execution that a command names. */
import type { Database } from '../database/database.ts';
import { type SettleError, usageError } from '../errors.ts';
import { getJobExecution, lastJobExecution } from '../repository/job-execution.ts';
import { type RunRequest, selectRequest } from '../repository/request.ts';
import type { JobExecution } from '../repository/types.ts';
import type { CommandContext } from './command-context.ts';

/**
 * The execution of this number; of a run that was left to workers, the one that works on it, or did last.
 * @throws SettleError (exit 2) when there is none
 */
export async function requireExecution(database: Database, id: number): Promise<JobExecution> {
  const execution = await getJobExecution(database, id);
  if (execution !== undefined) return execution;
  const request = await findRequest(database, id);
  if (request?.jobExecutionId === undefined) throw noExecution(id, request);
  return await requireExecution(database, request.jobExecutionId);
}

/** A run that was left to workers; on the schema of an older settle there is none. */
export async function findRequest({ knex }: Database, id: number): Promise<RunRequest | undefined> {
  return (await knex.schema.hasTable('settle_request')) ? await selectRequest(knex, id) : undefined;
}

function noExecution(id: number, request: RunRequest | undefined): SettleError {
  if (request === undefined) return usageError(`there is no execution ${id}`, '`settle runs` lists them');
  const how = request.state === 'OPEN' ? 'no worker has begun it yet' : `it was not begun: ${request.message}`;
  return usageError(
    `run ${id} (${request.jobName}) has no execution: ${how}`,
    `\`settle wait ${id}\` waits for its end`,
  );
}

/** @throws SettleError (exit 2) when nothing has run yet. */
export async function requireLastExecution({
  database,
  registry,
}: Pick<CommandContext, 'database' | 'registry'>): Promise<JobExecution> {
  const execution = await lastJobExecution(database);
  if (execution !== undefined) return execution;
  const { shorthand } = registry.options;
  const start = shorthand === undefined ? '`settle run JOB`' : `settle ${shorthand.option} ${shorthand.placeholder}`;
  throw usageError('there is no execution yet', `${start} makes one`);
}
