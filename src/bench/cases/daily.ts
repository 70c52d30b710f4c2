/** Case `daily`: the view statistics of one date, by settle, by other batch programs, and by the database itself. */
import type { BenchCase, CaseContext, Contender } from '../case.ts';
import { groupBy } from '../contenders/group-by.ts';
import { settleDaily } from '../contenders/settle-daily.ts';
import { settleThreeSums } from '../contenders/settle-three-sums.ts';
import { springBatch } from '../contenders/spring-batch.ts';
import { wireLimit } from '../contenders/wire-limit.ts';
import { differenceOf, logTotals, statisticsTotals } from '../date-totals.ts';
import { EVENT_LOOP_FIGURE } from '../settle-run.ts';

export const dailyCase: BenchCase = {
  name: 'daily',
  title: 'Daily statistics',
  description:
    'View statistics of one date, from the log to the published table. settle gives every row a verdict (six columns, ' +
    "the 30 s rule, its creator's own views) and checkpoints every chunk; the peers sum three columns without any rule. " +
    "Seconds are those of the job without the start of its process: settle's to the end of its step publish-statistics. " +
    'Its map of the log exists already, but for settle-first.',
  ratios: [
    { name: 'known-design', of: 'settle-2', against: 'spring-seed-50000', target: 10 },
    { name: 'known-design-5000', of: 'settle-2', against: 'spring-seed-5000', target: 10 },
    { name: 'expert-rows', of: 'settle-2', against: 'spring-rows', target: 1.2 },
    { name: 'expert-sums', of: 'settle-2', against: 'spring-sums', target: 1 },
    { name: 'like-for-like', of: 'settle-three-sums', against: 'spring-sums', target: 1.15 },
    { name: 'expert-sql', of: 'settle-2', against: 'spring-sql' },
    { name: 'group-by', of: 'settle-2', against: 'group-by', ciFloor: 0.08 },
    { name: 'wire-limit', of: 'settle-2', against: 'wire-limit', target: 1 / 1.5 },
    { name: 'workers', of: 'settle-2', against: 'settle-1', ciFloor: 0.5 },
  ],
  figures: [{ name: 'wholeRun', label: 'whole run: settlements, rankings and all', unit: 's' }, EVENT_LOOP_FIGURE],
  async contenders(context) {
    const totals = await logTotals(context.database, context.spec);
    const settle = (workers: number): Contender =>
      settleDaily(context, {
        database: context.database,
        spec: context.spec,
        totals,
        name: `settle-${workers}`,
        label: `settle, ${workers} worker${workers === 1 ? '' : 's'}`,
        workers,
      });
    const first = settleDaily(context, {
      database: context.database,
      spec: context.spec,
      totals,
      name: 'settle-first',
      label: 'settle, 2 workers, the log never seen before',
      workers: 2,
      isSlow: true,
      forgetsZones: true,
    });
    if (context.options.isCi) return [settle(1), settle(2), groupBy(context, totals)];
    const spring = (mode: 'seed' | 'expert', name: string, label: string, isSlow: boolean, ...args: string[]) =>
      springBatch(context, {
        name: `spring-${name}`,
        label: `Spring Batch, ${label}`,
        mode,
        arguments: args,
        isSlow,
        rowsExpected: Number(totals.views),
        check: async () => differenceOf(await peerTotals(context, mode), totals),
      });
    return [
      settle(1),
      settle(2),
      settle(4),
      settleThreeSums(context, totals),
      first,
      spring('expert', 'sums', 'expert, summing in the reader', false, '--reader', 'sums'),
      spring('expert', 'rows', 'expert, item by item', false, '--reader', 'rows'),
      spring('expert', 'sql', 'expert, GROUP BY a partition', false, '--reader', 'sql'),
      spring('seed', 'seed-5000', 'known design, chunk 5,000', true, '--chunk', '5000'),
      spring('seed', 'seed-50000', 'known design, chunk 50,000', true, '--chunk', '50000'),
      groupBy(context, totals),
      wireLimit(context),
    ];
  },
};

function peerTotals({ database, spec }: CaseContext, mode: string) {
  return statisticsTotals(database, `peer_daily_stats_${mode}`, spec.date);
}
