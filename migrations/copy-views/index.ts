/** The table of a copy job that was the platform's once, and its end. In the order of their numbers. */

import type { Migration } from '../migration.ts';
import { migration as settleViewAmount } from './0501_settle_view_amount.ts';
import { migration as dropViewAmount } from './0899_drop_view_amount.ts';

export const copyViewsMigrations: readonly Migration[] = [settleViewAmount, dropViewAmount];
