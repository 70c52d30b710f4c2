/** What `defineJob` has made in this thread. */
import type { JobDefinition } from '../engine/job.ts';
import type { PartitionWorker } from '../engine/step.ts';

/** By `job/step`. */
export const partitionWorkers = new Map<string, PartitionWorker>();

/** URL of the module that exports a job. */
export const jobModules = new WeakMap<JobDefinition, string>();

export const jobsByName = new Map<string, JobDefinition>();
