/** The job `seed`: reproducible synthetic videos and views (seeds/generate.ts), at bulk speed. */
import type { JobDefinition } from '../../../engine/job.ts';
import { seedParameters } from './seed-parameters.ts';
import { seedVideosStep } from './seed-videos.ts';
import { seedViewsStep } from './seed-views.ts';

/**
 * Same parameters, same rows; on an empty log also the same ids. On a log that is not empty the rows are appended
 * after the largest id. Seeding twice with the same parameters is one instance, already complete the second time:
 * another `seed` or `date` appends more.
 */
export const seedJob: JobDefinition = {
  name: 'seed',
  description: 'add reproducible synthetic views and their videos',
  parameters: seedParameters,
  steps: [seedVideosStep, seedViewsStep],
  countedStep: seedViewsStep.name,
};
