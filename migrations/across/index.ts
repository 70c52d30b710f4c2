/** What spans several domains. In the order of their numbers. */

import type { Migration } from '../migration.ts';
import { migration as zoneNames } from './0630_zone_names.ts';
import { migration as sqliteIntegers } from './0640_sqlite_integers.ts';
import { migration as settleAppendOnly } from './0702_settle_append_only.ts';
import { migration as settleRecords } from './0703_settle_records.ts';

export const acrossMigrations: readonly Migration[] = [zoneNames, sqliteIntegers, settleAppendOnly, settleRecords];
