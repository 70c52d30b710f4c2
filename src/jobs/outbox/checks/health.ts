/** What `settle doctor` looks at for deliveries. */
import type { DomainHealth } from '../../../doctor/check.ts';
import { ALL, UPDATE } from '../../../doctor/privilege-sets.ts';
import { outboxCheck } from './oldest.ts';

export const outboxHealth: DomainHealth = {
  checks: [outboxCheck],
  privileges: {
    own: { settle_outbox_lane: UPDATE, settle_outbox_held: ALL, settle_outbox_attempt: ALL },
  },
};
