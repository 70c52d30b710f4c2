/**
 * What a job on workers has committed, as its own chunks noted it: the table toy_commit, and the checker of a history.
 */
import type { Database } from '../../../src/database/database.ts';

/** A chunk, noted in its own transaction. The number grows in the order in which the partition's row was locked. */
export interface Commit {
  readonly commitNo: number;
  readonly partition: number;
  readonly stepExecutionId: number;
  readonly fromId: number;
  readonly toId: number;
}

export interface PlannedPartition {
  readonly partition: number;
  readonly minId: number;
  readonly maxId: number;
}

export async function createCommitTable({ knex }: Database): Promise<void> {
  await knex.schema.createTable('toy_commit', (table) => {
    table.bigIncrements('commit_no');
    table.integer('partition_no').notNullable();
    table.bigInteger('step_execution_id').notNullable();
    table.bigInteger('from_id').notNullable();
    table.bigInteger('to_id').notNullable();
  });
}

export async function listCommits({ knex }: Database): Promise<Commit[]> {
  const rows = await knex('toy_commit').orderBy('commit_no');
  return rows.map((row) => ({
    commitNo: Number(row.commit_no),
    partition: Number(row.partition_no),
    stepExecutionId: Number(row.step_execution_id),
    fromId: Number(row.from_id),
    toId: Number(row.to_id),
  }));
}

/**
 * What is wrong with them, a line each; none when every id of each partition was committed exactly once, in order, and no
 * claim has committed anything after a later one had. Each claim has a step execution of its own, with a higher number.
 */
export function problemsOf(commits: readonly Commit[], plan: readonly PlannedPartition[]): string[] {
  const problems: string[] = [];
  const byPartition = Map.groupBy(commits, ({ partition }) => partition);
  for (const { partition, minId, maxId } of plan) {
    let next = minId;
    let execution = 0;
    for (const commit of byPartition.get(partition) ?? []) {
      const chunk = `partition ${partition}: execution ${commit.stepExecutionId} committed ${commit.fromId} to ${commit.toId}`;
      if (commit.fromId < next) problems.push(`${chunk}, a second time`);
      if (commit.fromId > next) problems.push(`${chunk}, but ${next} to ${commit.fromId - 1} are missing`);
      if (commit.stepExecutionId < execution) problems.push(`${chunk} after execution ${execution}, which came later`);
      next = commit.toId + 1;
      execution = Math.max(execution, commit.stepExecutionId);
    }
    if (next <= maxId) problems.push(`partition ${partition}: ${next} to ${maxId} are missing`);
    if (next > maxId + 1) problems.push(`partition ${partition}: ${maxId + 1} to ${next - 1} are not in it`);
  }
  for (const partition of byPartition.keys()) {
    if (!plan.some((one) => one.partition === partition)) problems.push(`partition ${partition} is not in the plan`);
  }
  return problems;
}
