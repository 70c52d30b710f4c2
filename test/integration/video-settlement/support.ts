/** What the tests of video settlement share: statistics put in place, dates settled, and what was posted read back. */
import type { Database } from '../../../src/database/database.ts';
import { toBigInt } from '../../../src/database/values.ts';
import type { JobDefinition } from '../../../src/engine/job.ts';
import type { Step } from '../../../src/engine/step.ts';
import { videoSettlementJob } from '../../../src/jobs/video-settlement/definition.ts';
import { importRateCard } from '../../../src/jobs/video-settlement/rate-card-store.ts';
import { readSettlement } from '../../../src/jobs/video-settlement/read-settlement.ts';
import { parseRateCard } from '../../../src/jobs/video-settlement/rules/rate-card.ts';
import { type JobRunResult, runJob } from '../../../src/steps/run-job.ts';
import type { OracleCard, OracleStatistics } from '../../oracles/video-settlement.ts';

/** Borders so low that a few views cross them, and fractions that only add up over days. */
export const lowCard: OracleCard & { readonly name: string } = {
  name: 'low',
  effectiveFrom: '2000-01-01',
  view: [
    { from: 0, price: '1' },
    { from: 5, price: '1.1' },
    { from: 20, price: '1.3' },
    { from: 40, price: '1.5' },
  ],
  adView: [
    { from: 0, price: '10' },
    { from: 3, price: '12.25' },
    { from: 9, price: '20' },
  ],
};

export async function useCard(database: Database, card: OracleCard): Promise<void> {
  await importRateCard(database, parseRateCard({ name: 'test', ...card }));
}

let publications = 0;

/** Replaces the statistics of a date: as a run of `daily` does, or by hand, which leaves no trace but the rows. */
export async function putStatistics(
  database: Database,
  date: string,
  rows: readonly OracleStatistics[],
  { byHand = false } = {},
): Promise<void> {
  await database.transaction(async (tx) => {
    await tx('video_daily_stats').where({ business_date: date }).delete();
    for (const { videoId, views, ads } of rows) {
      await tx('video_daily_stats').insert({
        business_date: date,
        video_id: videoId.toString(),
        views,
        ad_views: ads,
        play_seconds: views,
      });
    }
    if (byHand) return;
    await tx('settle_statistics_run').where({ business_date: date }).delete();
    await tx('settle_statistics_run').insert({
      business_date: date,
      zone: 'Asia/Seoul',
      policy: '{}',
      verdicts: '{}',
      job_execution_id: ++publications,
      computed_at: '2026-11-20 00:00:00.000000',
    });
  });
}

export async function putVideos(database: Database, creators: ReadonlyMap<bigint, bigint | null>): Promise<void> {
  for (const [id, creator] of creators) {
    await database.knex('video').insert({ id: id.toString(), creator_id: creator?.toString() ?? null });
  }
}

/** Settles a date, again if it was settled before; throws what it failed with. */
export async function settleDate(database: Database, date: string): Promise<JobRunResult> {
  const result = await runJob(database, videoSettlementJob, { date }, { rerun: true });
  if (result.outcome === 'failed') throw result.error;
  return result;
}

/** As a run that dies when it has committed so many transactions; by default between its two steps. */
export async function settleAndDie(database: Database, date: string, transactions?: number): Promise<void> {
  let left = transactions ?? Number.POSITIVE_INFINITY;
  const die = () => {
    throw new Error('the test ends it here');
  };
  const dying = (step: JobDefinition['steps'][number], isFirst: boolean): Step => {
    if (step.kind !== 'tasklet') throw new Error('it is known to have tasklets only');
    return {
      ...step,
      run: async (context) => {
        if (transactions === undefined && !isFirst) die();
        const { transaction } = context;
        return await step.run({ ...context, transaction: (work) => (left-- > 0 ? transaction(work) : die()) });
      },
    };
  };
  const steps = videoSettlementJob.steps.map((step, i) => dying(step, i === 0));
  const { outcome } = await runJob(database, { ...videoSettlementJob, steps }, { date }, { rerun: true });
  if (transactions === undefined && outcome !== 'failed') throw new Error('it was to fail');
}

/** The lines of `settle settlement --format csv`, without the header. */
export async function paidLines(database: Database, from: string, to = from): Promise<string[]> {
  const rows = await readSettlement(database, { from, to });
  return rows.map((row) => `${row.videoId},${row.viewAmount},${row.adAmount},${row.viewAmount + row.adAmount}`);
}

/** What each creator has, less what they owe; `unknown` is the suspense account. Nothing for a zero. */
export async function netOfCreators(database: Database): Promise<Map<string, bigint>> {
  const rows = await database
    .knex('settle_account')
    .whereIn('account_type', ['user', 'suspense'])
    .select('owner_id', 'balance');
  const net = new Map<string, bigint>();
  for (const row of rows) {
    const owner = String(row.owner_id) === '0' ? 'unknown' : String(row.owner_id);
    net.set(owner, (net.get(owner) ?? 0n) + toBigInt(row.balance));
  }
  return new Map([...net].filter(([, amount]) => amount !== 0n));
}

/** The oracle's net amounts of videos as those of their creators. */
export function creatorsOf(
  byVideo: ReadonlyMap<bigint, bigint>,
  creators: ReadonlyMap<bigint, bigint | null>,
): Map<string, bigint> {
  const net = new Map<string, bigint>();
  for (const [videoId, amount] of byVideo) {
    const owner = creators.get(videoId)?.toString() ?? 'unknown';
    net.set(owner, (net.get(owner) ?? 0n) + amount);
  }
  return new Map([...net].filter(([, amount]) => amount !== 0n));
}
