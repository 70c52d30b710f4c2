/** Case `shapes`: the same number of rows, but most of them of one video, or eight times as disordered. */
import type { BenchCase } from '../case.ts';
import { settleOnLogs } from '../contenders/settle-on-logs.ts';

/** Within 25 % of the time. */
const TARGET = 1 / 1.25;
const MORE_DISORDER = 8;

export const shapesCase: BenchCase = {
  name: 'shapes',
  title: 'Hot videos and disorder',
  description:
    'settle with 2 workers on three logs of the same length: as asked for; one video with 90 % of the views; rows ' +
    `${MORE_DISORDER} times as late.`,
  ratios: [
    { name: 'hot', of: 'settle-hot', against: 'settle-plain', target: TARGET },
    { name: 'disorder', of: 'settle-disorder', against: 'settle-plain', target: TARGET },
  ],
  async contenders(context) {
    const disorderSeconds = context.spec.disorderSeconds * MORE_DISORDER;
    return await settleOnLogs(context, [
      { name: 'plain', label: `settle, ${context.spec.shape}` },
      { name: 'hot', label: 'settle, one video has 90 %', change: { shape: 'hot' } },
      { name: 'disorder', label: `settle, up to ${disorderSeconds} s late`, change: { disorderSeconds } },
    ]);
  },
};
