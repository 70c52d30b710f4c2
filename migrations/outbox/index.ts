/** Notifications for one consumer. In the order of their numbers. */

import type { Migration } from '../migration.ts';
import { migration as settleOutbox } from './0406_settle_outbox.ts';
import { migration as settleOutboxNext } from './0407_settle_outbox_next.ts';
import { migration as settleOutboxFirst } from './0408_settle_outbox_first.ts';

export const outboxMigrations: readonly Migration[] = [settleOutbox, settleOutboxNext, settleOutboxFirst];
