/**
 * Settlements of videos and the expiry of points with a rival at every statement: a creator who changes, another rate
 * card, a date that is closed, statistics that are published, points that are spent, granted, given back and reversed.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { pointsExpiryJob } from '../../../src/jobs/points/expiry/definition.ts';
import { closeDate } from '../../../src/jobs/video-settlement/close-date.ts';
import { reverseJournal } from '../../../src/ledger/reverse-journal.ts';
import { INSUFFICIENT_POINTS } from '../../../src/ledger/rules/journal.ts';
import type { JournalRequest } from '../../../src/ledger/types.ts';
import { verifyLedger } from '../../../src/ledger/verify-ledger.ts';
import { runJob } from '../../../src/steps/run-job.ts';
import { describeRivals, rivalTimeout } from '../../support/describe-rivals.ts';
import { spread } from '../../support/thorough.ts';
import { escrow, grant, move, post, user } from '../ledger/support.ts';
import { lowCard, putStatistics, putVideos, settleDate, useCard } from '../video-settlement/support.ts';

const [first, second, third] = ['2026-11-19', '2026-11-20', '2026-11-21'];

/** Three settled dates; of the second, statistics have come since that take from creator 1, who has spent, and give to 2. */
async function prepareVideos(database: Database): Promise<void> {
  await useCard(database, lowCard);
  await putVideos(database, new Map([1n, 2n, 3n, 4n].map((id) => [id, id > 2n ? id - 2n : id])));
  for (const date of [first, second, third]) {
    await putStatistics(
      database,
      date,
      [1n, 2n, 3n, 4n].map((videoId) => ({ date, videoId, views: 7 * Number(videoId), ads: 2 })),
    );
  }
  for (const date of [first, second, third]) await settleDate(database, date);
  const [{ balance }] = await database.knex('settle_account').where({ account_type: 'user', owner_id: 1 });
  await post(database, [move('spent', user(1), escrow(1), Number(balance) - 10)]);
  await putStatistics(database, second, [
    { date: second, videoId: 1n, views: 1, ads: 0 },
    { date: second, videoId: 2n, views: 30, ads: 4 },
    { date: second, videoId: 4n, views: 28, ads: 2 },
  ]);
}

async function videoPicture(database: Database): Promise<unknown> {
  const { knex } = database;
  const priced = ['creator_id', 'card_no', 'views_before', 'views_after', 'ads_after', 'view_amount', 'ad_amount'];
  return {
    settled: await knex('settle_video_settlement')
      .orderBy(['business_date', 'video_id', 'revision'])
      .select('business_date', 'video_id', 'revision', 'is_current', ...priced),
    adjusted: await knex('settle_settlement_adjustment')
      .orderBy(['corrected_date', 'video_id', 'adjustment_no'])
      .select('corrected_date', 'video_id', 'adjustment_no', 'booked_date', ...priced),
    dates: await knex('settle_settlement_date')
      .orderBy('business_date')
      .select('business_date', 'credits_due', knex.raw('closed_at IS NULL AS is_open')),
    credits: await knex('settle_creator_credit').orderBy('journal_key').select('journal_key', 'amount'),
    ...(await ledgerPicture(database)),
  };
}

/**
 * Dates are credited in a transaction each: points that come or go between two of them decide how much of the later one is
 * paid and how much of it makes good what a creator owes. What each has and owes together is the same in every order.
 */
async function netPicture(database: Database): Promise<unknown> {
  const {
    accounts,
    lots: _split,
    ...rest
  } = (await videoPicture(database)) as {
    readonly accounts: readonly Record<string, unknown>[];
    readonly lots: unknown;
  };
  const net = new Map<string, bigint>();
  for (const { account_type: type, owner_id: owner, balance } of accounts) {
    const key = type === 'user' || type === 'suspense' ? `creator ${owner}` : `${type} ${owner}`;
    net.set(key, (net.get(key) ?? 0n) + BigInt(String(balance)));
  }
  return {
    ...rest,
    net: [...net]
      .filter(([, points]) => points !== 0n)
      .map(([key, points]) => `${key}: ${points}`)
      .sort(),
  };
}

async function ledgerPicture(database: Database): Promise<object> {
  const { knex } = database;
  const { violation = 'none' } = await verifyLedger(database);
  return {
    accounts: await knex('settle_account').orderBy(['account_type', 'owner_id']).where('balance', '<>', 0),
    lots: await knex('settle_lot')
      .where('remaining', '>', 0)
      .groupBy('user_id', 'expires_at')
      .orderBy(['user_id', 'expires_at'])
      .select('user_id', 'expires_at')
      .sum({ left: 'remaining' }),
    violation,
  };
}

interface Rival {
  readonly name: string;
  readonly write: (database: Database) => Promise<unknown>;
}

/** Refused while credits are due: who closes a date comes again. */
async function closeWhenCredited(database: Database, date: string): Promise<void> {
  for (;;) {
    try {
      return void (await closeDate(database, date));
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'CREDITS_DUE') throw error;
      await sleep(20);
    }
  }
}

const videoRivals: readonly Rival[] = [
  { name: 'another creator', write: ({ knex }) => knex('video').where({ id: 2 }).update({ creator_id: 7 }) },
  { name: 'another rate card', write: (database) => useCard(database, { ...lowCard, effectiveFrom: third }) },
  { name: 'a later date that is closed', write: (database) => closeDate(database, third) },
  { name: 'late views of the date before', write: (database) => putStatistics(database, first, lateViews) },
  { name: 'a creator who spends', write: (database) => post(database, [move('more', user(1), escrow(1), 8)]) },
  { name: 'a creator who is given points', write: (database) => post(database, [grant('bonus', 1, 100)]) },
  {
    name: 'a credit that is reversed',
    write: (database) =>
      database.transaction((tx) =>
        reverseJournal(
          { database, tx },
          { key: `video-settlement:${third}:2:1`, reason: 'a test', businessDate: third },
        ),
      ),
  },
];
const lateViews = [1n, 2n, 4n].map((videoId) => ({ date: first, videoId, views: 19, ads: 3 }));

const expiryDate = '2026-11-20';
const [over, good] = ['2026-11-20 15:00:00.000', '2026-11-20 15:00:00.001'];

async function prepareExpiry(database: Database): Promise<void> {
  const grants: JournalRequest[] = [
    grant('a', 1, 10, over),
    grant('b', 1, 20, good),
    grant('c', 2, 50, '2026-11-01 00:00:00.000'),
    grant('d', 3, 5, over),
    grant('e', 4, 6, over),
    grant('f', 5, 7, good),
  ];
  await post(database, [...grants, move('stake', user(2), escrow(9), 20)]);
}

const expiryRivals: readonly Rival[] = [
  { name: 'points that are spent', write: (database) => post(database, [move('spent', user(1), escrow(9), 25)]) },
  {
    name: 'points that a refund brings back',
    write: (database) => post(database, [move('refund', escrow(9), user(2), 20, ['stake'])]),
  },
  { name: 'points that come too late', write: (database) => post(database, [grant('late', 4, 9, over)]) },
  { name: 'a user who is new', write: (database) => post(database, [grant('new', 6, 9, over)]) },
];

async function writeOrLeave(database: Database, { write }: Rival): Promise<void> {
  try {
    await write(database);
  } catch (error) {
    const { code } = error as { code?: unknown };
    if (code === 'CREDITS_DUE') await closeWhenCredited(database, third);
    // An imported card that would reprice a closed date, and points that are not there any more, are refused.
    else if (code !== INSUFFICIENT_POINTS) throw error;
  }
}

describeRivals('points and their rivals', import.meta.url, ({ name, some, expectSerial }) => {
  test.each(some(videoRivals))('settling videos again: $name', rivalTimeout, async (rival) => {
    await expectSerial(
      rival.name,
      {
        prepare: prepareVideos,
        run: async (database) => void (await settleDate(database, second)),
        rival: (database) => writeOrLeave(database, rival),
        picture: /creator who/.test(rival.name) ? netPicture : videoPicture,
      },
      (points) => spread(name, points, 47),
    );
  });

  test.each(some(expiryRivals))('expiry: $name', rivalTimeout, async (rival) => {
    await expectSerial(
      rival.name,
      {
        prepare: prepareExpiry,
        run: async (database) => {
          const parameters = { date: expiryDate, zone: 'Asia/Seoul' };
          const { outcome, error } = await runJob(database, pointsExpiryJob, parameters, { chunkSize: 2 });
          if (outcome === 'failed') throw error;
        },
        rival: (database) => writeOrLeave(database, rival),
        picture: ledgerPicture,
      },
      (points) => spread(name, points, 13),
    );
  });
});
