/** Metrics of the platform's tables. Of a table that an older schema does not have there is nothing to say. */
import type { Collect } from '../../cli/metrics/database-metrics.ts';
import type { Gauges } from '../../cli/metrics/gauges.ts';
import type { Database } from '../../database/database.ts';
import type { Row } from '../../database/values.ts';
import { readOutboxState } from '../../jobs/outbox/store/outbox-state.ts';
import { BoundedReading } from './bounded-reading.ts';

const PARTS: readonly { readonly needs: readonly string[]; readonly collect: Collect }[] = [
  { needs: ['settle_statistics_run'], collect: collectDate },
  {
    needs: ['settle_outbox', 'settle_outbox_lane', 'settle_outbox_held', 'settle_outbox_attempt', 'settle_claim'],
    collect: collectOutbox,
  },
  { needs: ['settle_ledger_verification'], collect: collectVerification },
  { needs: ['settle_account'], collect: collectSum },
];

export const platformMetrics: Collect = async (database, gauges, now) => {
  const tables = await database.dialect.inspect.tables(database.knex);
  const known = new Set(tables.map((name) => name.toLowerCase()));
  for (const { needs, collect } of PARTS)
    if (needs.every((table) => known.has(table))) await collect(database, gauges, now);
};

async function collectDate({ knex }: Database, gauges: Gauges): Promise<void> {
  const verdicts = gauges.labelled('settle_view_rows', 'Rows of the newest settled date, by verdict.', ['verdict']);
  const date: Row | undefined = await knex('settle_statistics_run').orderBy('business_date', 'desc').first();
  gauges.value(
    'settle_last_date_timestamp_seconds',
    'The newest settled date, as Unix time of its midnight in UTC.',
    date && Date.parse(`${String(date.business_date)}T00:00:00Z`) / 1_000,
  );
  if (date === undefined) return;
  const counted = JSON.parse(String(date.verdicts)) as Record<string, number>;
  for (const [verdict, rows] of Object.entries(counted)) verdicts.set({ verdict }, rows);
}

async function collectOutbox(database: Database, gauges: Gauges): Promise<void> {
  const messages = gauges.labelled('settle_outbox_messages', 'Messages that wait for their delivery, and dead ones.', [
    'state',
  ]);
  const outbox = await readOutboxState(database);
  messages.set({ state: 'waiting' }, outbox.waiting);
  messages.set({ state: 'dead' }, outbox.dead);
  gauges.value(
    'settle_outbox_oldest_seconds',
    'Age of the oldest message that waits for its delivery.',
    outbox.oldestAgeSeconds ?? 0,
  );
}

async function collectVerification({ knex }: Database, gauges: Gauges): Promise<void> {
  const verification: Row | undefined = await knex('settle_ledger_verification').first();
  gauges.value(
    'settle_ledger_sound',
    '1 when the last verification of the ledger found it sound, 0 when not; absent before the first.',
    verification && Number(verification.is_sound),
  );
}

/** By database: the sum reads every account. */
const sums = new WeakMap<Database, BoundedReading<number>>();

async function collectSum(database: Database, gauges: Gauges): Promise<void> {
  let sum = sums.get(database);
  if (sum === undefined) {
    sum = new BoundedReading(async () => {
      const [row]: Row[] = await database.knex('settle_account').sum({ sum: 'balance' });
      return Number(row.sum ?? 0);
    });
    sums.set(database, sum);
  }
  gauges.value('settle_ledger_sum', 'Sum of all accounts, which is 0.', await sum.value());
}
