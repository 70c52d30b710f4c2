/** Runs a job in this process with each of its partitioned steps as one range, so that a hook meets all its statements. */
import type { Database } from '../../src/database/database.ts';
import type { JobDefinition } from '../../src/engine/job.ts';
import type { ChunkStep, PartitionedStep, PartitionWorker } from '../../src/engine/step.ts';
import { runJob } from '../../src/steps/run-job.ts';

/**
 * @param open what the module of the partitioned steps' workers exports
 * @returns runs the job with these parameters; throws what it failed with
 */
export function inOneRange(
  job: JobDefinition,
  open: PartitionWorker,
  chunkSize: number,
): (database: Database, parameters: Readonly<Record<string, string>>) => Promise<void> {
  const steps = job.steps.map((step) =>
    'kind' in step && step.kind === 'partitioned' ? oneRange(step, open, chunkSize) : step,
  );
  return async (database, parameters) => {
    const result = await runJob(database, { ...job, steps }, parameters);
    if (result.outcome === 'failed') throw result.error;
  };
}

function oneRange({ name, share }: PartitionedStep, open: PartitionWorker, chunkSize: number): ChunkStep {
  return {
    kind: 'chunk',
    name,
    chunkSize,
    open: async (context) => {
      const range = { partition: 0, minId: -(2n ** 63n), maxId: 2n ** 63n - 1n, chunkSize, planDetail: null };
      return await open({ ...context, ...range, shared: await share?.(context) });
    },
  };
}
