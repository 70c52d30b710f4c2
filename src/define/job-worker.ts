/**
 * The worker module of every partitioned step that `defineJob` makes. Its URL says which: it imports the job's own
 * module, which defines the job again in this thread, and takes the step's worker from there.
 */
import type { PartitionWorker } from '../engine/step.ts';
import { usageError } from '../errors.ts';
import { partitionWorkers } from './registered.ts';

const { module, job, step } = Object.fromEntries(new URL(import.meta.url).searchParams);
await import(module);
const worker = partitionWorkers.get(`${job}/${step}`);
if (worker === undefined) {
  throw usageError(
    `${module} does not define the job ${job} with the step ${step} when it is imported`,
    'call defineJob at the top level of a module, or give it that module as `module: import.meta.url`',
  );
}
const found: PartitionWorker = worker;
export default found;
