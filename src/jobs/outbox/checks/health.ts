/** What `settle doctor` looks at for deliveries. */
import type { DomainHealth } from '../../../doctor/check.ts';
import { ALL, UPDATE } from '../../../doctor/privilege-sets.ts';
import { outboxCheck } from './oldest.ts';

export const outboxHealth: DomainHealth = {
  checks: [outboxCheck],
  columns: {
    notification_token: { user_id: 'integer', platform: 'text', token: 'text', invalid_at: 'time' },
  },
  privileges: {
    // A token that is unregistered is marked.
    sources: { notification_token: UPDATE },
    own: { settle_outbox_lane: UPDATE, settle_outbox_held: ALL, settle_outbox_attempt: ALL },
  },
};
