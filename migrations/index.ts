/**
 * Every migration of the platform, in order: the engine's list and that of each domain. To add one: write
 * `migrations/ENGINE-OR-DOMAIN/NNNN_what_it_does.ts` (migration.ts says of what form) and put it at the end of the list
 * beside it. Numbers are given once, over all lists, and grow. A released migration is never changed or removed.
 */

import { acrossMigrations } from './across/index.ts';
import { challengesMigrations } from './challenges/index.ts';
import { copyViewsMigrations } from './copy-views/index.ts';
import { couponsMigrations } from './coupons/index.ts';
import { engineMigrations } from './engine/index.ts';
import { interestMigrations } from './interest/index.ts';
import { ledgerMigrations } from './ledger/index.ts';
import { inOrder, type Migration } from './migration.ts';
import { outboxMigrations } from './outbox/index.ts';
import { paymentsMigrations } from './payments/index.ts';
import { serveMigrations } from './serve/index.ts';
import { stockMigrations } from './stock/index.ts';
import { videoSettlementMigrations } from './video-settlement/index.ts';
import { viewsMigrations } from './views/index.ts';

export const platformMigrations: readonly Migration[] = inOrder(
  engineMigrations,
  challengesMigrations,
  copyViewsMigrations,
  couponsMigrations,
  interestMigrations,
  ledgerMigrations,
  outboxMigrations,
  paymentsMigrations,
  acrossMigrations,
  serveMigrations,
  stockMigrations,
  videoSettlementMigrations,
  viewsMigrations,
);
