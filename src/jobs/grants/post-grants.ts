/**
 * `settle ledger post`: a CSV of grants onto the ledger, one journal a line. The whole file is checked before anything
 * is posted. Each line has its key, so the same file again posts only what is missing.
 */
import type { Database } from '../../database/database.ts';
import { postJournals } from '../../ledger/post-journals.ts';
import { locateColumns } from '../import/columns.ts';
import { openRecords } from '../import/records.ts';
import { createTimeParser } from '../import/view-time.ts';
import { grantColumns, parseGrant } from './grant-row.ts';

const LINES_A_TRANSACTION = 2_000;

export interface Zones {
  readonly day: string;
  readonly times: string | undefined;
}

export interface GrantsPosted {
  readonly lines: number;
  /** Those that were not on the ledger before. */
  readonly posted: number;
  /** Points of the posted ones. */
  readonly points: bigint;
}

/**
 * @param zones IANA zones: `day` of business dates, `times` of times that name none (undefined: UTC)
 * @throws SettleError MALFORMED_INPUT (exit 2), and what `postJournals` throws; lines before are then posted
 */
export async function postGrants(database: Database, file: string, zones: Zones): Promise<GrantsPosted> {
  await eachGrants(file, zones, async () => {});
  let lines = 0;
  let posted = 0;
  let points = 0n;
  await eachGrants(file, zones, async (requests) => {
    const journals = await database.transaction((tx) => postJournals({ database, tx }, requests));
    lines += requests.length;
    journals.forEach(({ isNew }, i) => {
      if (!isNew) return;
      posted++;
      points += requests[i].entries[1].amount;
    });
  });
  return { lines, posted, points };
}

type Requests = ReturnType<typeof parseGrant>[];

async function eachGrants(file: string, zones: Zones, take: (requests: Requests) => Promise<void>): Promise<void> {
  const parseTime = createTimeParser(zones.times);
  const records = await openRecords(file, file);
  try {
    const places = locateColumns(records.header, grantColumns, new Map(), file);
    for (;;) {
      const found = await records.read(LINES_A_TRANSACTION);
      if (found.length === 0) return;
      await take(found.map((record) => parseGrant(record, places, parseTime, zones.day, file)));
    }
  } finally {
    records.close();
  }
}
