/**
 * Step `publish-popular`: puts the rankings of the date, and what SETTLE_CACHE asks for, into the Redis that SETTLE_REDIS_URL
 * names. A Redis that does not do it fails no run: what is missing is noted, and done by the next one.
 */
import type { StepCounts } from '../../../engine/step.ts';
import type { StepContext } from '../../../engine/step-context.ts';
import { cacheStrategy, redisUrl } from '../../../redis/cache-strategy.ts';
import { parseRedisUrl } from '../../../redis/redis-options.ts';
import { endTrouble, noteTrouble } from '../../../redis/trouble.ts';
import { withRedis } from '../../../redis/with-redis.ts';
import { wantPublished } from '../publication/publication-store.ts';
import { publishDates } from '../publication/publish-dates.ts';

const TOTAL_MS = 120_000;

export async function publishPopular(context: StepContext): Promise<Partial<StepCounts>> {
  const url = redisUrl();
  if (url === undefined) {
    context.logger.info('SETTLE_REDIS_URL is not set: the rankings stay in the database');
    return {};
  }
  parseRedisUrl(url);
  const strategy = cacheStrategy();
  const { database } = context;
  const asked = {
    date: context.parameters.require('date'),
    popularDays: Number(context.parameters.require('popular-days')),
  };
  const revision = await context.transaction((tx) => wantPublished(database, tx, asked));
  try {
    const { rows, otherDates } = await withRedis(url, { totalMs: TOTAL_MS }, (redis) =>
      publishDates(redis, database, asked, revision, strategy),
    );
    endTrouble();
    if (otherDates.length > 0) context.logger.info({ dates: otherDates }, 'published what earlier runs had to leave');
    return { writeCount: rows };
  } catch (error) {
    const reason = noteTrouble(error);
    const what = strategy === 'none' ? 'the rankings' : 'the rankings, the statistics and balances';
    context.logger.warn(
      `${what} of ${asked.date} are not in Redis: ${reason}. The next run puts them there, or \`settle publish --date ${asked.date}\``,
    );
    return {};
  }
}
