/**
 * What a run needs on each table, and nothing more: the GRANT statements of docs/operations.md, the check of `settle
 * doctor` and the tests with least-privileged users come from here. A table that a migration adds gets its line here.
 */
import type { Privilege } from '../database/inspect.ts';

const READ: readonly Privilege[] = ['SELECT'];
/** Append-only: who runs settle every night can add to it, and change nothing of it. */
const APPEND: readonly Privilege[] = ['SELECT', 'INSERT'];
const APPEND_AND_UPDATE: readonly Privilege[] = ['SELECT', 'INSERT', 'UPDATE'];
const UPDATE: readonly Privilege[] = ['SELECT', 'UPDATE'];
const ALL: readonly Privilege[] = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];

/** Of settle's own tables; the reason is in the statements that use them. */
export const tablePrivileges: Readonly<Record<string, readonly Privilege[]>> = {
  BATCH_JOB_INSTANCE: ALL,
  BATCH_JOB_EXECUTION: ALL,
  BATCH_JOB_EXECUTION_PARAMS: ALL,
  BATCH_STEP_EXECUTION: ALL,
  BATCH_STEP_EXECUTION_CONTEXT: ALL,
  BATCH_JOB_EXECUTION_CONTEXT: ALL,
  // Sequences: stepped by SELECT and INSERT on MariaDB, a row that is updated on MySQL.
  BATCH_STEP_EXECUTION_SEQ: APPEND_AND_UPDATE,
  BATCH_JOB_EXECUTION_SEQ: APPEND_AND_UPDATE,
  BATCH_JOB_INSTANCE_SEQ: APPEND_AND_UPDATE,
  settle_migration: READ,
  settle_lease: ALL,
  settle_fence: ALL,
  settle_lock: APPEND_AND_UPDATE,
  settle_partition_plan: ALL,
  settle_partition: ALL,
  settle_skipped: ALL,
  settle_zone: ALL,
  settle_zone_map: ALL,
  settle_partial: ALL,
  settle_partial_verdicts: ALL,
  settle_partition_state: ALL,
  settle_quarantine_staged: ALL,
  settle_quarantine: ALL,
  settle_statistics_run: ALL,
  settle_ranking: ALL,
  settle_video_count: ALL,
  settle_video_count_period: ALL,
  settle_view_amount: APPEND_AND_UPDATE,
  settle_journal: APPEND,
  settle_entry: APPEND,
  settle_consumption: APPEND,
  settle_lot: APPEND_AND_UPDATE,
  settle_account: APPEND_AND_UPDATE,
  settle_ledger_head: UPDATE,
  settle_ledger_verification: APPEND_AND_UPDATE,
  settle_rate_card: APPEND,
  settle_video_settlement: APPEND_AND_UPDATE,
  settle_settlement_adjustment: APPEND,
  settle_settlement_date: APPEND_AND_UPDATE,
  settle_creator_credit: APPEND,
  settle_settlement_lock: APPEND_AND_UPDATE,
  settle_challenge: APPEND,
  settle_payout: APPEND,
  settle_outbox: APPEND,
  settle_outbox_next: UPDATE,
};

/** Of the platform's own tables, for a run. */
export const sourcePrivileges: Readonly<Record<string, readonly Privilege[]>> = {
  view_log: READ,
  video: READ,
  video_daily_stats: ALL,
  // Settling locks a challenge and sets its status.
  challenge: UPDATE,
  challenge_member: READ,
  challenge_proof: READ,
};

/** What `import` and `seed` need besides, where they write the platform's tables. */
export const importPrivileges: Readonly<Record<string, readonly Privilege[]>> = {
  view_log: ['INSERT', 'UPDATE'],
  video: ['INSERT', 'UPDATE'],
  challenge: ['INSERT'],
  challenge_member: ['INSERT', 'UPDATE'],
  challenge_proof: ['INSERT', 'UPDATE'],
};

/** Of the user who migrates, on the whole database. TRIGGER is for what refuses changes of the ledger. */
export const migratePrivileges = [
  'SELECT',
  'INSERT',
  'UPDATE',
  'DELETE',
  'CREATE',
  'ALTER',
  'INDEX',
  'DROP',
  'REFERENCES',
  'TRIGGER',
] as const;

/** Tables that a run may only read and add to: more than that is worth a warning. */
export const appendOnlyTables: readonly string[] = Object.entries(tablePrivileges)
  .filter(([, privileges]) => privileges === APPEND)
  .map(([table]) => table);

/** A GRANT statement for each table. */
export function grantStatements(
  privileges: Readonly<Record<string, readonly Privilege[]>>,
  database: string,
  user: string,
): string[] {
  return Object.entries(privileges).map(
    ([table, some]) => `GRANT ${some.join(', ')} ON ${database}.${table} TO ${user};`,
  );
}
