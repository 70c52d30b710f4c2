/** The job `daily`: everything that is due on a business date, in order. */

import type { ChunkSize } from '../../engine/chunk-size.ts';
import type { JobDefinition } from '../../engine/job.ts';
import type { ParameterDefinition } from '../../engine/parameters.ts';
import type { StepContext } from '../../engine/step-context.ts';
import { workerModule } from '../../partition/worker-module.ts';
import { challengeSettlementStep } from '../challenges/settlement/definition.ts';
import { dateParameter, zoneParameter } from '../date-parameters.ts';
import { earlyParameter, requireDateOver } from '../due-date.ts';
import { pointsExpirySteps } from '../points/expiry/definition.ts';
import { requireFitLedger } from '../points/fit-ledger.ts';
import { settlementSteps, videoSettlementSteps } from '../video-settlement/definition.ts';
import { postedWon } from '../video-settlement/posted-won.ts';
import { defaultPopularDays, defaultRankingSize } from '../views/rules/ranking.ts';
import { discardPlan } from '../views/statistics/discard-plan.ts';
import { loadVideos } from '../views/statistics/load-videos.ts';
import { deletePartials } from '../views/statistics/partial-store.ts';
import { publishPopular } from '../views/statistics/publish-popular.ts';
import { publishStatistics } from '../views/statistics/publish-statistics.ts';
import { quarantineUndated } from '../views/statistics/quarantine-undated.ts';
import { rankVideos } from '../views/statistics/rank-videos.ts';
import { resolveWindows } from '../views/statistics/resolve-windows.ts';
import { skipLimitParameter } from '../views/statistics/skip-limit.ts';
import { planStatistics, requireTruePlan, statisticsStep, videosCheck } from '../views/statistics/statistics-plan.ts';
import type { StatisticsShare } from '../views/statistics/statistics-worker.ts';
import { dailyCost } from './cost.ts';
import { reviewCompletedDate } from './review-completed.ts';

/** A checkpoint about every second a worker. */
const chunkSize: ChunkSize = { firstRows: 262_144, rowsMax: 4_000_000 };

const parameters: readonly ParameterDefinition[] = [
  dateParameter('business date to settle'),
  zoneParameter('time zone whose midnight begins the date'),
  earlyParameter,
  {
    name: 'ranking-size',
    type: 'long',
    identifying: false,
    required: false,
    default: String(defaultRankingSize),
    description: 'places in each ranking',
    validate: (text) => between(text, 1, 1000),
  },
  {
    name: 'zone-change',
    type: 'string',
    identifying: false,
    required: false,
    description: "'allow' replaces statistics that were made in another zone",
    validate: (text) => (text === 'allow' ? undefined : "must be 'allow'"),
  },
  {
    name: 'popular-days',
    type: 'long',
    identifying: false,
    required: false,
    default: String(defaultPopularDays),
    description: 'days in the window of the popular ranking',
    validate: (text) => between(text, 1, 366),
  },
  {
    name: skipLimitParameter,
    type: 'long',
    identifying: false,
    required: false,
    description: 'invalid rows that the date may have; more of them fail the run (default: any number)',
    example: '1000',
    validate: (text) => between(text, 0, Number.MAX_SAFE_INTEGER),
  },
];

export const dailyJob: JobDefinition = {
  name: 'daily',
  description: 'everything due on a business date: statistics, settlements, rankings, expiry of points',
  parameters,
  replay: 'rerun',
  requireFit: requireFitLedger,
  requireDue: requireDateOver,
  reviewCompleted: reviewCompletedDate,
  postedWon,
  oneAtATime: settlementSteps,
  countedStep: statisticsStep,
  cost: dailyCost,
  steps: [
    {
      kind: 'partitioned',
      name: statisticsStep,
      chunkSize,
      plan: planStatistics,
      share: shareVideos,
      discard: discardPlan,
      // A fraction of a second of work.
      stealing: { rowsMin: 100_000 },
      workerModule: workerModule('statistics-worker', import.meta.url),
    },
    { kind: 'tasklet', name: 'resolve-windows', run: resolveWindows },
    { kind: 'tasklet', name: 'quarantine-undated', run: quarantineUndated },
    { kind: 'tasklet', name: 'publish-statistics', run: publishStatistics },
    ...videoSettlementSteps,
    { kind: 'tasklet', name: 'rank-videos', run: rankVideos },
    { kind: 'tasklet', name: 'publish-popular', run: publishPopular },
    {
      kind: 'tasklet',
      name: 'clean-up',
      run: async (context) => {
        await context.transaction((tx) => deletePartials(tx, context.jobInstanceId));
        return undefined;
      },
    },
    challengeSettlementStep,
    // After stakes have come back: what a refund restores may have expired on the way.
    ...pointsExpirySteps,
  ],
};

/** Made at each start. */
async function shareVideos(context: StepContext): Promise<StatisticsShare> {
  const { database } = context;
  await requireTruePlan(context);
  for (let check = await videosCheck(database); ; ) {
    const videos = (await loadVideos(database)).share();
    // One that is added or changed while they are read would be judged by, but not told of: after a restart the rest of
    // the date would go by other videos than its beginning, under the same check.
    const now = await videosCheck(database);
    if (now === check) return { check, videos };
    check = now;
  }
}

function between(text: string, min: number, max: number): string | undefined {
  const value = Number(text);
  return value >= min && value <= max ? undefined : `must be from ${min} to ${max}`;
}
