/** What `settle serve` keeps. */
import type { Migration } from '../migration.ts';
import { migration as settleAudit } from './0891_settle_audit.ts';

export const serveMigrations: readonly Migration[] = [settleAudit];
