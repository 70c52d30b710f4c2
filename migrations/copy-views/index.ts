/** What the job `copy-views` writes. In the order of their numbers. */

import type { Migration } from '../migration.ts';
import { migration as settleViewAmount } from './0501_settle_view_amount.ts';

export const copyViewsMigrations: readonly Migration[] = [settleViewAmount];
