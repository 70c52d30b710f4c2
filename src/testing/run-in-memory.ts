/** Runs a job in a test, on an SQLite database of its own that is gone afterwards. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '../database/database.ts';
import { openDatabase } from '../database/open.ts';
import type { JobDefinition } from '../engine/job.ts';
import { listSkipped, type StoredSkip } from '../repository/skipped.ts';
import { listStepExecutions } from '../repository/step-execution.ts';
import type { StepExecution } from '../repository/types.ts';
import { migrate } from '../schema.ts';
import { type JobRunResult, runJob } from '../steps/run-job.ts';

/** Skipped records that a result lists at most. */
const SKIPPED_MAX = 10_000;

export interface TestRunOptions {
  /** Makes the job's own tables and fills them. */
  prepare?(database: Database): Promise<void>;
  /** What the test wants to see, read before the database is gone. */
  observe?(database: Database): Promise<unknown>;
}

export interface TestRun extends JobRunResult {
  readonly steps: readonly StepExecution[];
  readonly skipped: readonly StoredSkip[];
  /** What `observe` gave. */
  readonly observed: unknown;
}

/** Partitions run in real threads: the database is a file in the folder for temporary files. */
export async function runInMemory(
  job: JobDefinition,
  parameters: Readonly<Record<string, string>> = {},
  options: TestRunOptions = {},
): Promise<TestRun> {
  return await withTestDatabase(async (database) => {
    await options.prepare?.(database);
    const result = await runJob(database, job, parameters, { workers: 2 });
    const { id } = result.execution;
    return {
      ...result,
      steps: await listStepExecutions(database, id),
      skipped: await listSkipped(database.knex, id, { limit: SKIPPED_MAX }),
      observed: await options.observe?.(database),
    };
  });
}

/** With the engine's tables. */
export async function withTestDatabase<T>(work: (database: Database) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'settle-test-'));
  try {
    const database = await openDatabase(`sqlite:${join(folder, 'test.db')}`);
    try {
      await migrate(database);
      return await work(database);
    } finally {
      await database.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
