/** Case `scale`: three times the rows, and a hundred times the videos: does the rate hold, and the memory? */
import type { BenchCase } from '../case.ts';
import { settleOnLogs } from '../contenders/settle-on-logs.ts';
import { PEAK_RSS_FIGURE } from '../summarise.ts';

/** 100M rows beside 32M, and 10M videos beside 100,000, with `--rows 32000000`. */
const MORE_ROWS = 3.125;
const MORE_VIDEOS = 100;

export const scaleCase: BenchCase = {
  name: 'scale',
  title: 'More rows, more videos',
  description:
    `settle with 2 workers on the log as asked for, on one of ${MORE_ROWS} times its rows, and on one of ${MORE_VIDEOS} ` +
    'times its videos.',
  onRequest: true,
  ratios: [
    { name: 'more-rows', of: 'settle-rows', against: 'settle-plain', target: 0.9 },
    { name: 'more-videos', of: 'settle-videos', against: 'settle-plain' },
  ],
  figures: [
    { name: PEAK_RSS_FIGURE, label: 'peak memory', unit: 'MB', of: ['settle-plain', 'settle-rows'], atMost: 300 },
    { name: PEAK_RSS_FIGURE, label: 'peak memory', unit: 'MB', of: ['settle-videos'], atMost: 1536 },
  ],
  async contenders(context) {
    const rows = Math.round(context.spec.rows * MORE_ROWS);
    const videos = context.spec.videos * MORE_VIDEOS;
    return await settleOnLogs(context, [
      { name: 'plain', label: 'settle, as asked for' },
      { name: 'rows', label: `settle, ${rows.toLocaleString('en-US')} rows`, change: { rows } },
      { name: 'videos', label: `settle, ${videos.toLocaleString('en-US')} videos`, change: { videos } },
    ]);
  },
};
