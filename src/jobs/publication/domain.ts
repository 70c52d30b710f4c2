/** What Redis holds of what was computed, put there on demand; and where it differs from it. */
import type { Domain } from '../../cli/domain.ts';
import { registerDifferences } from './commands/differences.ts';
import { registerPublish } from './commands/publish.ts';

export const publicationDomain: Domain = {
  name: 'publication',
  register(cli) {
    registerPublish(cli);
    registerDifferences(cli);
  },
};
