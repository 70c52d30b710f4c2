/** Case `serve`: what a thousand connections get of `settle serve`, by what it keeps. */
import { redisUrl } from '../../redis/cache-strategy.ts';
import { periodOf } from '../../rules/business-time.ts';
import type { AttemptResult, BenchCase, CaseContext, Contender } from '../case.ts';
import { load, whyNoLoad } from '../serve/load.ts';
import { startServing } from '../serve/start-serving.ts';

const CONNECTIONS = 1_000;
const SECONDS = 10;
const SECONDS_CI = 2;
const VIDEOS = 1_000;

export const serveCase: BenchCase = {
  name: 'serve',
  title: 'Reads of settle serve',
  description:
    `${CONNECTIONS.toLocaleString('en-US')} connections ask for the ranking of the date, then for the month of ${VIDEOS.toLocaleString('en-US')} videos in turn, ` +
    'each as soon as it has its last answer. The client runs on the same machine. Seconds are those of the ranking.',
  onRequest: true,
  unit: 'answers',
  ratios: [{ name: 'cache', of: 'serve-evict', against: 'serve-none', target: 3 }],
  figures: [
    { name: 'p50', label: 'ranking, median', unit: 'ms' },
    { name: 'p95', label: 'ranking, p95', unit: 'ms' },
    { name: 'p99', label: 'ranking, p99', unit: 'ms' },
    { name: 'months', label: 'months of videos', unit: '1/s' },
    { name: 'monthP99', label: 'months, p99', unit: 'ms' },
  ],
  contenders: async (context) => [
    serving(context, 'serve-none', 'no cache', ['--cache', 'none']),
    serving(context, 'serve-update', 'update, in memory', ['--cache', 'update']),
    serving(context, 'serve-evict', 'evict, in memory', ['--cache', 'evict']),
    ...(redisUrl() === undefined
      ? []
      : [serving(context, 'serve-redis', 'evict, in Redis alone', ['--cache', 'evict', '--cache-mb', '0'])]),
  ],
};

function serving(context: CaseContext, name: string, label: string, flags: readonly string[]): Contender {
  const { date, zone, videos } = context.spec;
  return {
    name,
    label,
    role: 'settle',
    async prepare() {
      const reason = await whyNoLoad();
      if (reason === undefined) await context.runSettle(['run', 'daily', '--date', date, '--zone', zone]);
      return reason;
    },
    async run() {
      const { base, stop } = await startServing(context, flags);
      try {
        const seconds = context.options.isCi ? SECONDS_CI : SECONDS;
        const { from, to } = periodOf(date, 'month');
        const ids = Array.from({ length: Math.min(VIDEOS, videos) }, (_, n) => n + 1);
        const asked = { url: base, connections: CONNECTIONS, seconds };
        const top = await load({ ...asked, paths: [`/api/v1/rankings?date=${date}`] });
        const paths = ids.map((id) => `/api/v1/videos/${id}/days?from=${from}&to=${to}`);
        const month = await load({ ...asked, paths });
        const { p50, p95, p99 } = top;
        const figures = { p50, p95, p99, months: month.perSecond, monthP99: month.p99 };
        const result: AttemptResult = { seconds, rows: Math.round(top.perSecond * seconds), figures };
        const errors = top.errors + month.errors;
        return errors === 0 ? result : { ...result, wrong: `${errors} requests failed` };
      } finally {
        await stop();
      }
    },
  };
}
