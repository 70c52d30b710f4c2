/** Deposits and their interest. In the order of their numbers. */

import type { Migration } from '../migration.ts';
import { migration as settleDepositProduct } from './0861_settle_deposit_product.ts';
import { migration as depositAccount } from './0862_deposit_account.ts';
import { migration as depositEntry } from './0863_deposit_entry.ts';
import { migration as settleInterestDay } from './0864_settle_interest_day.ts';
import { migration as settleInterestPosting } from './0865_settle_interest_posting.ts';
import { migration as settleInterestEnded } from './0866_settle_interest_ended.ts';
import { migration as settleInterestDate } from './0867_settle_interest_date.ts';
import { migration as settleInterestClaim } from './0868_settle_interest_claim.ts';

export const interestMigrations: readonly Migration[] = [
  settleDepositProduct,
  depositAccount,
  depositEntry,
  settleInterestDay,
  settleInterestPosting,
  settleInterestEnded,
  settleInterestDate,
  settleInterestClaim,
];
