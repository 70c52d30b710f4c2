/** Synthetic data of all domains: views and their videos, challenges and their stakes. */
import type { Domain } from '../../cli/domain.ts';
import { registerSeed } from './commands/seed.ts';

export const seedDomain: Domain = {
  name: 'seed',
  async jobs() {
    const { seedJob } = await import('../views/seed/seed-job.ts');
    const { seedChallengesJob } = await import('../challenges/seed/definition.ts');
    return [seedJob, seedChallengesJob];
  },
  register: registerSeed,
};
