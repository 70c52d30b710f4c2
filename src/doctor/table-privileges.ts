/**
 * What a run needs on each table, and nothing more: the GRANT statements of docs/operations.md, the check of `settle
 * doctor` and the tests with least-privileged users come from here. A table that a migration of the engine adds gets its
 * line here, one of a domain in the domain's `health`.
 */
import type { DomainHealth, DomainPrivileges, PrivilegesOf } from './check.ts';
import { ALL, APPEND_AND_UPDATE, READ } from './privilege-sets.ts';

/** Of the engine's own tables; the reason is in the statements that use them. */
const engineTables: PrivilegesOf = {
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
  settle_claim: ALL,
  settle_mapping: READ,
  settle_partition_plan: ALL,
  settle_partition: ALL,
  settle_offer: ALL,
  settle_request: ALL,
  settle_skipped: ALL,
  settle_step_progress: ALL,
};

/** Of the engine and of these domains, together. */
export function tablePrivileges(domains: readonly DomainHealth[]): Required<DomainPrivileges> {
  const all = domains.map(({ privileges = {} }) => privileges);
  return {
    own: Object.assign({}, engineTables, ...all.map(({ own }) => own)),
    sources: Object.assign({}, ...all.map(({ sources }) => sources)),
    imports: Object.assign({}, ...all.map(({ imports }) => imports)),
  };
}

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
export function appendOnlyTables(own: PrivilegesOf): string[] {
  return Object.entries(own)
    .filter(([, privileges]) => privileges.includes('INSERT') && privileges.length === 2)
    .map(([table]) => table);
}

/** A GRANT statement for each table. */
export function grantStatements(privileges: PrivilegesOf, database: string, user: string): string[] {
  return Object.entries(privileges).map(
    ([table, some]) => `GRANT ${some.join(', ')} ON ${database}.${table} TO ${user};`,
  );
}
