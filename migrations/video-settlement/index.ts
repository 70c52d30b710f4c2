/** Rate cards, prices, closed dates and credits. In the order of their numbers. */

import type { Migration } from '../migration.ts';
import { migration as settleRateCard } from './0301_settle_rate_card.ts';
import { migration as settleVideoSettlement } from './0302_settle_video_settlement.ts';
import { migration as settleSettlementAdjustment } from './0303_settle_settlement_adjustment.ts';
import { migration as settleSettlementDate } from './0304_settle_settlement_date.ts';
import { migration as settleCreatorCredit } from './0305_settle_creator_credit.ts';
import { migration as settleSettlementLock } from './0306_settle_settlement_lock.ts';
import { migration as settleVideoCount } from './0307_settle_video_count.ts';
import { migration as settleVideoCountPeriod } from './0308_settle_video_count_period.ts';

export const videoSettlementMigrations: readonly Migration[] = [
  settleRateCard,
  settleVideoSettlement,
  settleSettlementAdjustment,
  settleSettlementDate,
  settleCreatorCredit,
  settleSettlementLock,
  settleVideoCount,
  settleVideoCountPeriod,
];
