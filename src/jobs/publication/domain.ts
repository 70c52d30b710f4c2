/** What Redis holds of what was computed, put there on demand. */
import type { Domain } from '../../cli/domain.ts';
import { registerPublish } from './commands/publish.ts';

export const publicationDomain: Domain = { name: 'publication', register: registerPublish };
