/** Messages to others, and how far their delivery is. In the order of their numbers. */

import type { Migration } from '../migration.ts';
import { migration as settleOutbox } from './0406_settle_outbox.ts';
import { migration as settleOutboxNext } from './0407_settle_outbox_next.ts';
import { migration as settleOutboxFirst } from './0408_settle_outbox_first.ts';
import { migration as settleOutboxLane } from './0802_settle_outbox_lane.ts';
import { migration as settleOutboxLanes } from './0803_settle_outbox_lanes.ts';
import { migration as settleOutboxHeld } from './0804_settle_outbox_held.ts';
import { migration as settleOutboxAttempt } from './0805_settle_outbox_attempt.ts';
import { migration as settleOutboxInFlight } from './0807_settle_outbox_in_flight.ts';
import { migration as settleOutboxTakenBy } from './0910_settle_outbox_taken_by.ts';
import { migration as notificationToken } from './0911_notification_token.ts';

export const outboxMigrations: readonly Migration[] = [
  settleOutbox,
  settleOutboxNext,
  settleOutboxFirst,
  settleOutboxLane,
  settleOutboxLanes,
  settleOutboxHeld,
  settleOutboxAttempt,
  settleOutboxInFlight,
  settleOutboxTakenBy,
  notificationToken,
];
