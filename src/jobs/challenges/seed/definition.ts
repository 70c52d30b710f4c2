/** The job `seed-challenges`: reproducible synthetic challenges (seeds/challenges.ts) whose stakes lie on the ledger. */
import type { JobDefinition } from '../../../engine/job.ts';
import { challengeSeedParameters } from './parameters.ts';
import { seedGrantsStep, seedStakesStep } from './seed-ledger.ts';
import { seedRowsStep } from './seed-rows.ts';

/**
 * Same parameters, same rows and the same chain. It begins with an empty ledger and without challenges, and the ledger
 * is whole again when it has completed: balances are written as they are in the end.
 */
export const seedChallengesJob: JobDefinition = {
  name: 'seed-challenges',
  description: 'add reproducible synthetic challenges, members, proofs, and their stakes on the ledger',
  parameters: challengeSeedParameters,
  steps: [seedRowsStep, seedGrantsStep, seedStakesStep],
  countedStep: seedStakesStep.name,
};
