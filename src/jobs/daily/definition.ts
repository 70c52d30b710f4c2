/** The job `daily`: everything that is due on a business date, in order. */

import type { JobDefinition } from '../../engine/job.ts';
import type { ParameterDefinition } from '../../engine/parameters.ts';
import { challengeSettlementStep } from '../challenges/settlement/definition.ts';
import { compareCouponsStep, couponAllocationStep } from '../coupons/allocation/definition.ts';
import { dateParameter, zoneParameter } from '../date-parameters.ts';
import { earlyParameter, requireDateOver } from '../due-date.ts';
import { interestSteps } from '../interest/definition.ts';
import { paymentSteps } from '../payments/definition.ts';
import { paymentParameters } from '../payments/payment-parameters.ts';
import { pointsExpirySteps } from '../points/expiry/definition.ts';
import { requireFitLedger } from '../points/fit-ledger.ts';
import { repairParameter } from '../redis-comparison.ts';
import { compareStockStep, stockSettlementStep } from '../stock/settlement/definition.ts';
import { reservationMinutesParameter } from '../stock/settlement/stock-terms.ts';
import { settlementSteps, videoSettlementSteps } from '../video-settlement/definition.ts';
import { postedAmount } from '../video-settlement/posted-amount.ts';
import { requireShards } from '../views/log/open-log.ts';
import { defaultPopularDays, defaultRankingSize } from '../views/rules/ranking.ts';
import { skipLimitParameter } from '../views/statistics/skip-limit.ts';
import { statisticsStep } from '../views/statistics/statistics-plan.ts';
import { rankingSteps, statisticsSteps } from '../views/statistics/statistics-steps.ts';
import { dailyCost } from './cost.ts';
import { describeDaily } from './describe-daily.ts';
import { reviewCompletedDate } from './review-completed.ts';

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
  reservationMinutesParameter,
  repairParameter,
  ...paymentParameters,
];

export const dailyJob: JobDefinition = {
  name: 'daily',
  description: 'everything due on a business date: statistics, settlements, rankings, expiry of points',
  parameters,
  replay: 'rerun',
  requireFit: requireFitLedger,
  requireHost: requireShards,
  requireDue: requireDateOver,
  reviewCompleted: reviewCompletedDate,
  describe: (_database, execution) => describeDaily(execution),
  postedAmount,
  oneAtATime: settlementSteps,
  // Popular rankings, prices by cumulative counts, lots and stock go on from the date before.
  sideBySide: statisticsSteps.map(({ name }) => name),
  countedStep: statisticsStep,
  cost: dailyCost,
  steps: [
    ...statisticsSteps,
    ...videoSettlementSteps,
    ...rankingSteps,
    challengeSettlementStep,
    ...paymentSteps,
    // After stakes have come back: what a refund restores may have expired on the way.
    ...pointsExpirySteps,
    couponAllocationStep,
    stockSettlementStep,
    ...interestSteps,
    // Last: nothing waits for Redis.
    compareCouponsStep,
    compareStockStep,
  ],
};

function between(text: string, min: number, max: number): string | undefined {
  const value = Number(text);
  return value >= min && value <= max ? undefined : `must be from ${min} to ${max}`;
}
