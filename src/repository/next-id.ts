/**
 * Ids of job instances, job executions and step executions. A Spring Batch application may share the tables: its ids
 * and ours come from the same sequences, whichever version it is.
 */
import type { Database, Executor } from '../database/database.ts';
import { toNumber } from '../database/values.ts';

interface IdSource {
  readonly sequence: string;
  readonly table: string;
  readonly column: string;
}

const INSTANCES: IdSource = {
  sequence: 'BATCH_JOB_INSTANCE_SEQ',
  table: 'BATCH_JOB_INSTANCE',
  column: 'JOB_INSTANCE_ID',
};
/** What Spring Batch up to version 5 takes the ids of instances from. */
const OLD_INSTANCE_SEQUENCE = 'BATCH_JOB_SEQ';
const JOB_EXECUTIONS: IdSource = {
  sequence: 'BATCH_JOB_EXECUTION_SEQ',
  table: 'BATCH_JOB_EXECUTION',
  column: 'JOB_EXECUTION_ID',
};
const STEP_EXECUTIONS: IdSource = {
  sequence: 'BATCH_STEP_EXECUTION_SEQ',
  table: 'BATCH_STEP_EXECUTION',
  column: 'STEP_EXECUTION_ID',
};
/** The second draw is behind every row that there was; more would be others' inserts in between. */
const DRAWS_MAX = 5;

/** An id that no instance has, and that a Spring Batch 5 or 6 application beside us is not going to give either. */
export async function nextJobInstanceId(database: Database, executor: Executor): Promise<number> {
  const { dialect } = database;
  const hasOldSequence = (await dialect.inspect.relation(executor, OLD_INSTANCE_SEQUENCE)) !== undefined;
  if (!hasOldSequence) return await nextId(database, executor, INSTANCES, [INSTANCES.sequence]);
  return await nextId(database, executor, INSTANCES, [INSTANCES.sequence, OLD_INSTANCE_SEQUENCE]);
}

export async function nextJobExecutionId(database: Database, executor: Executor): Promise<number> {
  return await nextId(database, executor, JOB_EXECUTIONS, [JOB_EXECUTIONS.sequence]);
}

export async function nextStepExecutionId(database: Database, executor: Executor): Promise<number> {
  return await nextId(database, executor, STEP_EXECUTIONS, [STEP_EXECUTIONS.sequence]);
}

async function nextId(
  database: Database,
  executor: Executor,
  { table, column }: IdSource,
  sequences: readonly string[],
): Promise<number> {
  for (let draw = 1; draw <= DRAWS_MAX; draw++) {
    const id = await nextOfAll(database, executor, sequences);
    if ((await executor(table).where(column, id).first(column)) === undefined) return id;
    // A sequence that is behind its table, after a restore for example.
    const [{ last }] = (await executor(table).max({ last: column })) as { last: string | number }[];
    for (const sequence of sequences) await database.dialect.raiseSequence(executor, sequence, toNumber(last));
  }
  throw new Error(`no free id for ${table} after ${DRAWS_MAX} draws`);
}

/** The next value of the sequence that is furthest; the others are brought level with it. */
async function nextOfAll({ dialect }: Database, executor: Executor, sequences: readonly string[]): Promise<number> {
  const values: number[] = [];
  for (const sequence of sequences) values.push(await dialect.nextSequenceValue(executor, sequence));
  const id = Math.max(...values);
  for (const [at, sequence] of sequences.entries()) {
    if (values[at] < id) await dialect.raiseSequence(executor, sequence, id);
  }
  return id;
}
