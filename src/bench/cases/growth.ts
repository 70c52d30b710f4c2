/** Case `growth`: how the cost of a daily run grows with rows, videos, disorder and workers, one at a time. */
import type { BenchCase } from '../case.ts';
import { type LogVariant, settleOnLogs } from '../contenders/settle-on-logs.ts';

export const growthCase: BenchCase = {
  name: 'growth',
  title: 'How cost grows',
  description:
    'settle on logs that differ in one respect from the one that was asked for, which 2 workers read unless it says ' +
    'otherwise.',
  onRequest: true,
  ratios: [
    { name: 'half-the-rows', of: 'settle-half', against: 'settle-plain' },
    { name: 'a-tenth-of-the-videos', of: 'settle-few', against: 'settle-plain' },
    { name: 'ten-times-the-videos', of: 'settle-many', against: 'settle-plain' },
    { name: 'thirty-times-the-disorder', of: 'settle-late', against: 'settle-plain' },
    { name: 'one-worker', of: 'settle-one', against: 'settle-plain' },
    { name: 'four-workers', of: 'settle-four', against: 'settle-plain' },
  ],
  async contenders(context) {
    const { rows, videos, disorderSeconds } = context.spec;
    const count = (value: number) => value.toLocaleString('en-US');
    const half = Math.ceil(rows / 2);
    const few = Math.ceil(videos / 10);
    const variants: LogVariant[] = [
      { name: 'plain', label: 'settle, as asked for' },
      { name: 'half', label: `settle, ${count(half)} rows`, change: { rows: half } },
      { name: 'few', label: `settle, ${count(few)} videos`, change: { videos: few } },
      { name: 'many', label: `settle, ${count(videos * 10)} videos`, change: { videos: videos * 10 } },
      {
        name: 'late',
        label: `settle, up to ${count(disorderSeconds * 30)} s late`,
        change: { disorderSeconds: disorderSeconds * 30 },
      },
      { name: 'one', label: 'settle, 1 worker', workers: 1 },
      { name: 'four', label: 'settle, 4 workers', workers: 4 },
    ];
    return await settleOnLogs(context, variants);
  },
};
