/** What a run of `daily` tells: of its statistics, of what it changed about money, and where its results are. */
import type { DescribedExecution, ExecutionDescription } from '../../engine/describe-execution.ts';
import { describeComparisons } from '../redis-comparison.ts';
import { describeSettlement } from '../video-settlement/describe-settlement.ts';
import { describeStatistics } from '../views/statistics/describe-statistics.ts';

export function describeDaily(execution: DescribedExecution): ExecutionDescription {
  const statistics = describeStatistics(execution);
  const settlement = describeSettlement(execution);
  const comparisons = describeComparisons(execution);
  const { date } = execution.parameters;
  return {
    ...statistics,
    ...settlement,
    fields: { ...statistics.fields, ...settlement.fields, ...comparisons.fields },
    blocks: [...(statistics.blocks ?? []), ...(settlement.blocks ?? []), ...(comparisons.blocks ?? [])],
    contextKeys: [statistics, settlement, comparisons].flatMap(({ contextKeys = [] }) => contextKeys),
    results: execution.status === 'COMPLETED' && date !== undefined ? [`settle stats --date ${date}`] : [],
  };
}
