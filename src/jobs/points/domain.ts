/** Points: grants from files, and their expiry. */
import type { Domain } from '../../cli/domain.ts';
import { registerPostGrants } from './commands/post-grants.ts';

export const pointsDomain: Domain = {
  name: 'points',
  jobs: async () => [(await import('./expiry/definition.ts')).pointsExpiryJob],
  register: registerPostGrants,
};
