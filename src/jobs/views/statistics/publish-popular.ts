/**
 * Step `publish-popular`: puts the popular ranking of the date into Redis as sorted sets, when SETTLE_REDIS_URL names
 * a server. Keys: `settle:popular:DATE` (score: views), and `settle:popular` for the newest date, which
 * `settle:popular:date` names. Each set is replaced in one step.
 */
import type { Redis } from 'ioredis';
import type { Transaction } from '../../../database/database.ts';
import { lockName } from '../../../database/lock-row.ts';
import type { StepCounts } from '../../../engine/step.ts';
import type { StepContext } from '../../../engine/step-context.ts';
import { environment } from '../../../environment.ts';
import { ExitCode, SettleError } from '../../../errors.ts';
import { addDays } from '../../../rules/business-time.ts';
import { type RankedVideo, readRanking } from './rank-videos.ts';
import { listSettledDates } from './read-statistics.ts';
import { parseRedisUrl } from './redis-options.ts';

const connectTimeoutMs = 5_000;

export async function publishPopular(context: StepContext): Promise<Partial<StepCounts>> {
  const url = environment().SETTLE_REDIS_URL;
  if (url === undefined || url === '') {
    context.logger.info('SETTLE_REDIS_URL is not set: the popular ranking stays in the database');
    return {};
  }
  const date = context.parameters.require('date');
  const days = Number(context.parameters.require('popular-days'));
  // Late: most runs publish to no Redis, and loading the client takes a tenth of a start.
  const { Redis } = await import('ioredis');
  const redis = new Redis({
    ...parseRedisUrl(url),
    lazyConnect: true,
    connectTimeout: connectTimeoutMs,
    maxRetriesPerRequest: 1,
    retryStrategy: () => null,
  });
  // Errors come back from the calls; without a listener ioredis prints them too.
  redis.on('error', () => {});
  try {
    await redis.connect();
    // Two runs of different dates would otherwise set each other's newest set back.
    const members = await context.transaction(async (tx) => {
      await lockName(tx, 'popular');
      return await publishWindows(redis, tx, { from: date, to: addDays(date, days - 1) });
    });
    return { writeCount: members };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SettleError(
      'REDIS_UNREACHABLE',
      ExitCode.failed,
      `the popular ranking could not be published: ${reason}`,
      {
        hint: 'The statistics are complete. Check SETTLE_REDIS_URL and run the date again: only this step is left.',
        cause: error,
      },
    );
  } finally {
    redis.disconnect();
  }
}

/** Returns how many places were published. */
async function publishWindows(
  redis: Redis,
  tx: Transaction,
  ends: { readonly from: string; readonly to: string },
): Promise<number> {
  let members = 0;
  for (const end of await listSettledDates(tx, ends)) {
    const ranking = await readRanking({ knex: tx }, 'popular', end, 'views');
    await replaceSortedSet(redis, `settle:popular:${end}`, ranking);
    const newest = await redis.get('settle:popular:date');
    if (newest === null || newest <= end) {
      await replaceSortedSet(redis, 'settle:popular', ranking);
      await redis.set('settle:popular:date', end);
    }
    members += ranking.length;
  }
  return members;
}

/** Replaces the set in one transaction: no reader meets it empty or mixed. */
async function replaceSortedSet(redis: Redis, key: string, ranking: readonly RankedVideo[]): Promise<void> {
  const replace = redis.multi().del(key);
  for (const { videoId, value } of ranking) replace.zadd(key, value.toString(), videoId.toString());
  const results = await replace.exec();
  for (const [error] of results ?? []) if (error !== null) throw error;
}
