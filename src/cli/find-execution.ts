/** Finds the execution that a command names. */
import type { Database } from '../database/database.ts';
import { usageError } from '../errors.ts';
import { getJobExecution, lastJobExecution } from '../repository/job-execution.ts';
import type { JobExecution } from '../repository/types.ts';
import type { CommandContext } from './command-context.ts';

/** @throws SettleError (exit 2) when there is none with this number. */
export async function requireExecution(database: Database, id: number): Promise<JobExecution> {
  const execution = await getJobExecution(database, id);
  if (execution === undefined) throw usageError(`there is no execution ${id}`, '`settle runs` lists them');
  return execution;
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
