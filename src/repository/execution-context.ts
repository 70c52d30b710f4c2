/**
 * Statements on BATCH_JOB_EXECUTION_CONTEXT and BATCH_STEP_EXECUTION_CONTEXT. A context is a text here; its form is
 * src/engine/execution-context.ts. Texts over 2500 characters go to the long column and leave their beginning, cut to
 * 2492 characters and ` ...`, in the short one, as in Spring Batch.
 */
import type { Database, Executor } from '../database/database.ts';
import { ExitCode, SettleError } from '../errors.ts';

const SHORT_LENGTH_MAX = 2500;
/** SERIALIZED_CONTEXT is a TEXT of 65,535 bytes on MariaDB and MySQL. */
const LONG_BYTES_MAX = 65_535;

interface ContextTable {
  readonly name: string;
  readonly key: string;
}
const jobContexts: ContextTable = { name: 'BATCH_JOB_EXECUTION_CONTEXT', key: 'JOB_EXECUTION_ID' };
const stepContexts: ContextTable = { name: 'BATCH_STEP_EXECUTION_CONTEXT', key: 'STEP_EXECUTION_ID' };

export async function insertJobContext(executor: Executor, jobExecutionId: number, text: string): Promise<void> {
  await insertContext(executor, jobContexts, jobExecutionId, text);
}

export async function insertStepContext(executor: Executor, stepExecutionId: number, text: string): Promise<void> {
  await insertContext(executor, stepContexts, stepExecutionId, text);
}

export async function updateJobContext(executor: Executor, jobExecutionId: number, text: string): Promise<void> {
  await updateContext(executor, jobContexts, jobExecutionId, text);
}

export async function updateStepContext(executor: Executor, stepExecutionId: number, text: string): Promise<void> {
  await updateContext(executor, stepContexts, stepExecutionId, text);
}

/** The text of a job execution's context, or undefined. */
export async function getJobContext(database: Database, jobExecutionId: number): Promise<string | undefined> {
  return await selectJobContext(database.knex, jobExecutionId);
}

/** The text of a step execution's context, or undefined. */
export async function getStepContext(database: Database, stepExecutionId: number): Promise<string | undefined> {
  return await selectStepContext(database.knex, stepExecutionId);
}

export async function selectJobContext(executor: Executor, jobExecutionId: number): Promise<string | undefined> {
  return await selectContext(executor, jobContexts, jobExecutionId);
}

export async function selectStepContext(executor: Executor, stepExecutionId: number): Promise<string | undefined> {
  return await selectContext(executor, stepContexts, stepExecutionId);
}

async function insertContext(executor: Executor, table: ContextTable, id: number, text: string): Promise<void> {
  await executor(table.name).insert({ [table.key]: id, ...toColumns(text) });
}

async function updateContext(executor: Executor, table: ContextTable, id: number, text: string): Promise<void> {
  await executor(table.name)
    .where({ [table.key]: id })
    .update(toColumns(text));
}

async function selectContext(executor: Executor, table: ContextTable, id: number): Promise<string | undefined> {
  const row = await executor(table.name)
    .where({ [table.key]: id })
    .first('SHORT_CONTEXT', 'SERIALIZED_CONTEXT');
  return row?.SERIALIZED_CONTEXT ?? row?.SHORT_CONTEXT;
}

/** Exported for its test. Throws a SettleError when the text fits neither column. */
export function toColumns(text: string): { SHORT_CONTEXT: string; SERIALIZED_CONTEXT: string | null } {
  if (text.length <= SHORT_LENGTH_MAX) return { SHORT_CONTEXT: text, SERIALIZED_CONTEXT: null };
  if (Buffer.byteLength(text) > LONG_BYTES_MAX) {
    throw new SettleError(
      'CONTEXT_TOO_LARGE',
      ExitCode.failed,
      `an execution context is over ${LONG_BYTES_MAX} bytes`,
      {
        hint: 'keep bulky state in a table of the job and only its key in the context',
      },
    );
  }
  return { SHORT_CONTEXT: `${text.slice(0, SHORT_LENGTH_MAX - 8)} ...`, SERIALIZED_CONTEXT: text };
}
