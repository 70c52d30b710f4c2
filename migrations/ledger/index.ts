/** The ledger of points. In the order of their numbers. */

import type { Migration } from '../migration.ts';
import { migration as settleAccount } from './0201_settle_account.ts';
import { migration as settleJournal } from './0202_settle_journal.ts';
import { migration as settleEntry } from './0203_settle_entry.ts';
import { migration as settleLot } from './0204_settle_lot.ts';
import { migration as settleConsumption } from './0205_settle_consumption.ts';
import { migration as settleLedgerHead } from './0206_settle_ledger_head.ts';
import { migration as settleLedgerStart } from './0207_settle_ledger_start.ts';
import { migration as settleLedgerIntegers } from './0701_settle_ledger_integers.ts';
import { migration as settleLedgerVerification } from './0760_settle_ledger_verification.ts';

export const ledgerMigrations: readonly Migration[] = [
  settleAccount,
  settleJournal,
  settleEntry,
  settleLot,
  settleConsumption,
  settleLedgerHead,
  settleLedgerStart,
  settleLedgerIntegers,
  settleLedgerVerification,
];
