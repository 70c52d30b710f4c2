/** What `settle doctor` looks at for the settlement of videos. */
import type { DomainHealth } from '../../../doctor/check.ts';
import { ALL, APPEND, APPEND_AND_UPDATE } from '../../../doctor/privilege-sets.ts';

export const videoSettlementHealth: DomainHealth = {
  privileges: {
    own: {
      settle_video_count: ALL,
      settle_video_count_period: ALL,
      settle_rate_card: APPEND,
      settle_video_settlement: APPEND_AND_UPDATE,
      settle_settlement_adjustment: APPEND,
      settle_settlement_date: APPEND_AND_UPDATE,
      settle_creator_credit: APPEND,
      settle_settlement_lock: APPEND_AND_UPDATE,
    },
  },
};
