/**
 * Video settlement by hand: borders of tiers, backfill, revisions of an open date, adjustments of a closed one and their
 * ripple, cards by date, creators who are unknown or have spent what is taken back, weeks, and explanations.
 */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeDate } from '../../../src/jobs/video-settlement/close-date.ts';
import { explainSettlement } from '../../../src/jobs/video-settlement/explain-settlement.ts';
import { postJournals } from '../../../src/ledger/post-journals.ts';
import { periodOf } from '../../../src/rules/business-time.ts';
import { sampledDatabases } from '../../support/databases.ts';
import { type Bench, openBench } from '../daily/support.ts';
import {
  lowCard,
  netOfCreators,
  paidLines,
  putStatistics,
  putVideos,
  settleAndDie,
  settleDate,
  useCard,
} from './support.ts';

const day1 = '2026-11-18';
const day2 = '2026-11-19';
const day3 = '2026-11-20';

describe.each(sampledDatabases(import.meta.url))('video settlement on $name', ({ name }) => {
  let bench: Bench;
  beforeEach(async () => {
    bench = await openBench(name);
    await putVideos(
      bench.database,
      new Map([
        [1n, 100n],
        [2n, 100n],
        [3n, null],
      ]),
    );
  });
  afterEach(() => bench.drop());

  const put = (date: string, ...rows: readonly [videoId: bigint, views: number, ads: number][]) =>
    putStatistics(
      bench.database,
      date,
      rows.map(([videoId, views, ads]) => ({ date, videoId, views, ads })),
    );
  const creditsOf = async (date: string) =>
    await bench.database
      .knex('settle_creator_credit')
      .where({ business_date: date })
      .orderBy('journal_key')
      .pluck('journal_key');

  it('prices unit 100,001 as the first at the second price, and a backfill as on its day', async () => {
    const { database } = bench;
    await put(day1, [1n, 99_999, 0]);
    await put(day2, [1n, 1, 0]);
    await put(day3, [1n, 10, 1]);
    for (const date of [day3, day1, day2]) await settleDate(database, date);
    expect(await paidLines(database, day1)).toEqual(['1,99999,0,99999']);
    expect(await paidLines(database, day2)).toEqual(['1,1,0,1']);
    expect(await paidLines(database, day3)).toEqual(['1,11,10,21']);
    expect(await netOfCreators(database)).toEqual(new Map([['100', 100_021n]]));
  });

  it('credits a creator once a date, and an unknown one to the suspense account', async () => {
    await put(day1, [1n, 3, 0], [2n, 4, 1], [3n, 5, 0], [9n, 6, 0]);
    await settleDate(bench.database, day1);
    expect(await netOfCreators(bench.database)).toEqual(
      new Map([
        ['100', 17n],
        ['unknown', 11n],
      ]),
    );
    expect(await creditsOf(day1)).toEqual([`video-settlement:${day1}:100:1`, `video-settlement:${day1}:unknown:1`]);
  });

  it('changes nothing when nothing has changed, and supersedes an open date when something has', async () => {
    const { database } = bench;
    await put(day1, [1n, 3, 0], [2n, 4, 0]);
    await settleDate(database, day1);
    await settleDate(database, day1);
    expect(await database.knex('settle_video_settlement').count('* as n')).toEqual([{ n: 2 }]);
    await put(day1, [1n, 5, 0]);
    await settleDate(database, day1);
    expect(await paidLines(database, day1)).toEqual(['1,5,0,5']);
    expect(await netOfCreators(database)).toEqual(new Map([['100', 5n]]));
    const revisions = await database
      .knex('settle_video_settlement')
      .orderBy(['video_id', 'revision'])
      .select('video_id', 'revision', 'is_current', 'total');
    expect(revisions).toEqual([
      { video_id: 1, revision: 1, is_current: 0, total: 3 },
      { video_id: 1, revision: 2, is_current: 1, total: 5 },
      { video_id: 2, revision: 1, is_current: 0, total: 4 },
      { video_id: 2, revision: 2, is_current: 1, total: 0 },
    ]);
    expect(await creditsOf(day1)).toEqual([`video-settlement:${day1}:100:1`, `video-settlement:${day1}:100:2`]);
  });

  it('books what comes late for a closed date in the next open one, and its ripple too', async () => {
    const { database } = bench;
    await useCard(database, lowCard);
    await put(day1, [1n, 4, 0]);
    await put(day2, [1n, 3, 0]);
    for (const date of [day1, day2]) await settleDate(database, date);
    // 4 x 1; then floor(5 + 2 x 1.1) - 4 = 3
    expect(await paidLines(database, day1)).toEqual(['1,4,0,4']);
    expect(await paidLines(database, day2)).toEqual(['1,3,0,3']);
    const { execution: first } = await settleDate(database, day1);
    for (const date of [day1, day2]) await closeDate(database, date);
    expect((await closeDate(database, day1)).wasClosedBefore).toBe(true);

    await put(day1, [1n, 21, 0]);
    const { execution } = await settleDate(database, day1);
    await settleDate(database, day1);
    // day 1: floor(5 + 15 x 1.1 + 1 x 1.3) = floor(22.8) = 22, 18 more; day 2: floor(22.8 + 3 x 1.3) - 22 = 26 - 22 = 4, 1 more
    expect(await paidLines(database, day1)).toEqual(['1,4,0,4']);
    expect(await paidLines(database, day2)).toEqual(['1,3,0,3']);
    expect(await paidLines(database, day3)).toEqual(['1,19,0,19']);
    expect(await paidLines(database, day1, day3)).toEqual(['1,26,0,26']);
    expect(await netOfCreators(database)).toEqual(new Map([['100', 26n]]));

    const explanation = await explainSettlement(database, day1, 1n);
    expect(explanation.settlement).toMatchObject({ revision: 1, total: 4n });
    expect(explanation.settlement!.execution).toBeLessThan(first.id);
    expect(explanation.corrections).toEqual([
      {
        correctedDate: day1,
        correctedExecution: explanation.settlement!.execution,
        bookedDate: day3,
        execution: execution.id,
        creatorId: 100n,
        viewAmount: 18n,
        adAmount: 0n,
        total: 18n,
      },
    ]);
    expect(
      (await explainSettlement(database, day3, 1n)).booked.map(({ correctedDate, total }) => [correctedDate, total]),
    ).toEqual([
      [day1, 18n],
      [day2, 1n],
    ]);
    expect(explanation.sources.views).toContain("viewed_at >= '2026-11-17 15:00:00.000'");
    const counted = await database.knex.raw(`SELECT SUM(views) AS views FROM (${explanation.sources.statistics}) s`);
    expect(JSON.stringify(counted)).toContain('21');

    await put(day3, [1n, 1, 0]);
    await settleDate(database, day3);
    // floor(26.7 + 1.3) - 26 = 2 of its own, and the 19 that were booked.
    expect(await paidLines(database, day3)).toEqual(['1,21,0,21']);
  });

  it('explains an amount by its tiers', async () => {
    const { database } = bench;
    await useCard(database, lowCard);
    await put(day1, [1n, 4, 2]);
    await put(day2, [1n, 20, 2]);
    for (const date of [day1, day2]) await settleDate(database, date);
    const { settlement, credits, creatorId } = await explainSettlement(database, day2, 1n);
    expect(creatorId).toBe(100n);
    expect(settlement!.card).toMatchObject({ name: 'low', effectiveFrom: '2000-01-01' });
    expect(settlement!.views).toEqual({
      countBefore: 4n,
      countAfter: 24n,
      units: 20n,
      priceBefore: '4',
      priceAfter: '26.7',
      wonBefore: 4n,
      wonAfter: 26n,
      amount: 22n,
      tiers: [
        { from: 0n, price: '1', units: 1n, won: '1' },
        { from: 5n, price: '1.1', units: 15n, won: '16.5' },
        { from: 20n, price: '1.3', units: 4n, won: '5.2' },
      ],
    });
    expect(settlement!.ads).toMatchObject({ wonBefore: 20n, priceAfter: '42.25', amount: 22n });
    expect(credits).toMatchObject([{ journalKey: `video-settlement:${day2}:100:1`, amount: 44n }]);
    await expect(explainSettlement(database, day3, 1n)).rejects.toMatchObject({ code: 'NOT_SETTLED', exitCode: 2 });
  });

  it('refuses to close what is not settled or not credited, and goes on after a death in between', async () => {
    const { database } = bench;
    await expect(closeDate(database, day1)).rejects.toMatchObject({ code: 'NOT_SETTLED' });
    await put(day1, [1n, 3, 0]);
    await settleAndDie(database, day1);
    expect(await netOfCreators(database)).toEqual(new Map());
    await expect(closeDate(database, day1)).rejects.toMatchObject({ code: 'CREDITS_DUE' });
    await settleDate(database, day1);
    expect(await netOfCreators(database)).toEqual(new Map([['100', 3n]]));
    await closeDate(database, day1);
  });

  it('owes what is taken back and spent already, and keeps it from the next credit', async () => {
    const { database } = bench;
    await put(day1, [1n, 10, 0]);
    await settleDate(database, day1);
    await database.transaction((tx) =>
      postJournals({ database, tx }, [
        {
          key: 'spent',
          kind: 'test',
          businessDate: day1,
          reason: 'spent',
          entries: [
            { account: { type: 'user', ownerId: 100n }, amount: -8n },
            { account: { type: 'house', ownerId: 0n }, amount: 8n },
          ],
        },
      ]),
    );
    const balances = async () =>
      (
        await database
          .knex('settle_account')
          .where({ owner_id: 100 })
          .orderBy('account_type')
          .select('account_type', 'balance')
      ).map((row) => [row.account_type, Number(row.balance)]);
    await put(day1, [1n, 5, 0]);
    await settleDate(database, day1);
    // 5 are to be given back, 2 are there.
    expect(await balances()).toEqual([
      ['suspense', -3],
      ['user', 0],
    ]);
    await put(day2, [1n, 7, 0]);
    await settleDate(database, day2);
    expect(await balances()).toEqual([
      ['suspense', 0],
      ['user', 4],
    ]);
  });

  it('moves money from the suspense account when the creator becomes known, closed or not', async () => {
    const { database } = bench;
    await put(day1, [3n, 4, 0]);
    await put(day2, [3n, 6, 0]);
    for (const date of [day1, day2]) await settleDate(database, date);
    await closeDate(database, day1);
    await database.knex('video').where({ id: 3 }).update({ creator_id: 300 });
    for (const date of [day1, day2]) await settleDate(database, date);
    expect(await netOfCreators(database)).toEqual(new Map([['300', 10n]]));
  });

  it('prices a date with the card in force on it, and never a closed one anew', async () => {
    const { database } = bench;
    await useCard(database, lowCard);
    await useCard(database, { ...lowCard, effectiveFrom: day2, view: [{ from: 0, price: '2' }] });
    await put(day1, [1n, 10, 0]);
    await put(day2, [1n, 10, 0]);
    for (const date of [day1, day2]) await settleDate(database, date);
    expect(await paidLines(database, day1)).toEqual(['1,10,0,10']);
    expect(await paidLines(database, day2)).toEqual(['1,20,0,20']);
    await closeDate(database, day2);
    const late = useCard(database, { ...lowCard, effectiveFrom: day2, view: [{ from: 0, price: '3' }] });
    await expect(late).rejects.toMatchObject({ code: 'DATE_CLOSED', exitCode: 2 });
  });

  it('adds days up to weeks and months', async () => {
    const { database } = bench;
    // A Monday that is also the 1st of a month.
    for (const date of ['2026-05-31', '2026-06-01', '2026-06-07', '2026-06-08']) {
      await put(date, [1n, 1, 1]);
      await settleDate(database, date);
    }
    const paid = async (kind: 'week' | 'month') => {
      const { from, to } = periodOf('2026-06-01', kind);
      return await paidLines(database, from, to);
    };
    expect(await paid('week')).toEqual(['1,2,20,22']);
    expect(await paid('month')).toEqual(['1,3,30,33']);
  });
});
