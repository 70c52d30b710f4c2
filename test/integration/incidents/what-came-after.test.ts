/** What came after a settlement is named where it is asked for: proofs, reversed credits, dates that were missed or late. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { explainPayout } from '../../../src/jobs/challenges/settlement/explain-payout.ts';
import { datesCheck } from '../../../src/jobs/daily/checks/dates.ts';
import { readDates } from '../../../src/jobs/daily/read-dates.ts';
import { explainSettlement } from '../../../src/jobs/video-settlement/explain-settlement.ts';
import { settlementTable } from '../../../src/jobs/video-settlement/output/settlement.ts';
import { settlementExplanationText } from '../../../src/jobs/video-settlement/output/settlement-explanation.ts';
import { readSettlement } from '../../../src/jobs/video-settlement/read-settlement.ts';
import { readReversals } from '../../../src/jobs/video-settlement/reversals.ts';
import { likelyZone } from '../../../src/jobs/views/statistics/likely-zone.ts';
import { reverseJournal } from '../../../src/ledger/reverse-journal.ts';
import { sampledDatabases } from '../../support/databases.ts';
import { load, settleChallenges, ZONE } from '../challenge/support.ts';
import { type Bench, openBench, settle } from '../daily/support.ts';

const DATE = '2026-11-20';
const places = sampledDatabases(import.meta.url).filter(({ name }) => name !== 'mysql');

describe.each(places)('on $name', ({ name }) => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await openBench(name);
  });
  afterAll(() => bench.drop());

  test('the explanation of a payout lists the days proven, and says which came after', async () => {
    const { database } = bench;
    const joinedAt = Date.UTC(2026, 4, 20);
    const challenge = { id: 1n, status: 'READY', startDate: '2026-05-25', endDate: '2026-05-31', minMembers: 1 };
    await load(database, {
      challenges: [{ ...challenge, thresholdPercent: 70, feeBp: 0, noWinnerPolicy: 'refund' }],
      members: [{ id: 1n, challengeId: 1n, userId: 101n, stake: 10n, joinedAt, quitAt: null }],
      proofs: [
        { challengeId: 1n, userId: 101n, date: '2026-05-25' },
        { challengeId: 1n, userId: 101n, date: '2026-05-27' },
      ],
    });
    await settleChallenges(database, '2026-06-01');
    const [before] = (await explainPayout(database, 1n, 101n)).members;
    expect(before.because).toContain('days proven: 2026-05-25, 2026-05-27');
    expect(before.because.join('\n')).not.toMatch(/after/);
    const late = ['2026-05-28', '2026-05-29', '2026-05-29', '2026-06-01'];
    await database
      .knex('challenge_proof')
      .insert(late.map((proof_date, index) => ({ id: 50 + index, challenge_id: 1, user_id: 101, proof_date })));
    const [after] = (await explainPayout(database, 1n, 101n)).members;
    expect(after.provenDates).toEqual(['2026-05-25', '2026-05-27', '2026-05-28', '2026-05-29']);
    expect(after.because.at(-1)).toMatch(
      /^the settlement by execution \d+ counted 2 days: proofs of 2 days came after it, and change nothing$/,
    );
  });

  test('a credit that was reversed is named by the settlement and its explanation', async () => {
    const { database } = bench;
    await database.knex('video').insert({ id: 5, creator_id: 900 });
    const view = { video_id: 5, viewed_at: `${DATE} 01:00:00.000`, play_seconds: 10, ad_views: 1 };
    await database.knex('view_log').insert([1, 2].map((id) => ({ id, viewer_id: 50 + id, ...view })));
    expect((await settle(database, DATE, ZONE)).outcome).toBe('completed');
    const period = { kind: 'day', label: DATE, from: DATE, to: DATE } as const;
    const paid = await readSettlement(database, period);
    expect(settlementTable(period, paid, await readReversals(database.knex, period)).summary).not.toHaveProperty(
      'reversedCredits',
    );
    const key = `video-settlement:${DATE}:900:1`;
    await database.transaction((tx) =>
      reverseJournal({ database, tx }, { key, reason: 'a robot', businessDate: '2026-11-23' }),
    );
    const reversals = await readReversals(database.knex, period);
    expect(reversals).toMatchObject([
      { journalKey: key, creatorId: 900n, reversedOn: '2026-11-23', reason: 'a robot' },
    ]);
    const { headline } = settlementTable(period, paid, reversals);
    expect(headline).toMatch(/^1 videos, (\d+) won, of which \1 won in 1 credit were reversed$/);
    const text = settlementExplanationText(await explainSettlement(database, DATE, 5n));
    expect(text).toMatch(
      /^reversed +\d+ won taken back on 2026-11-23 by reversal\/video-settlement:2026-11-20:900:1: a robot$/m,
    );
  });

  test('doctor names missed dates, another zone and rows that came after, each with its command', async () => {
    const { database } = bench;
    // The morning of the 24th: the 21st and 22nd were never settled.
    const now = () => Date.parse('2026-11-24T00:00:00Z');
    const look = async () => [await datesCheck.run({ database, now, workers: 1 })].flat();
    await settle(database, '2026-11-23', ZONE);
    await settle(database, '2026-11-19', 'UTC');
    await database.knex('view_log').insert({
      ...{ id: 9, viewer_id: 77, video_id: 5, viewed_at: `${DATE} 03:00:00.000`, play_seconds: 10, ad_views: 0 },
    });
    const { length: days, ...lines } = await readDates(
      database,
      { from: '2026-11-18', to: '2026-11-25' },
      new Date(now()),
      'Europe/Berlin',
    );
    expect(days).toBe(8);
    expect(lines).toMatchObject({
      0: { state: 'missing', next: undefined },
      1: { state: 'settled', next: undefined },
      3: { state: 'missing', next: `settle --date 2026-11-21 --zone ${ZONE}` },
      6: { date: '2026-11-24', state: 'not over', next: undefined },
    });
    const runs = [
      { date: '2026-11-19', zone: 'UTC' },
      { date: '2026-11-21', zone: ZONE },
    ];
    expect(['2026-11-01', '2026-11-20', '2026-11-22'].map((date) => likelyZone(runs, date))).toEqual([
      'UTC',
      'UTC',
      ZONE,
    ]);
    expect(await look()).toMatchObject([
      {
        verdict: 'warn',
        message: '2026-11-21 was not settled',
        hint: `\`settle --date 2026-11-21 --zone ${ZONE}\` settles it`,
      },
      { message: '2026-11-22 was not settled' },
      {
        message: `2026-11-19 was settled in UTC, its neighbours in ${ZONE}`,
        hint: expect.stringContaining(`settle run daily --date 2026-11-19 --zone ${ZONE} -p zone-change=allow --rerun`),
      },
      {
        message: expect.stringMatching(/^1 row of 2026-11-20 arrived since execution \d+$/),
        hint: `\`settle run daily --date ${DATE} --zone ${ZONE} --rerun\` counts them`,
      },
    ]);
  });
});
