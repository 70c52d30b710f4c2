/** At the end of a run: the balances that have moved go to Redis, where SETTLE_CACHE asks for it. */
import type { CommandContext } from '../../cli/command-context.ts';
import { cacheStrategy, redisUrl } from '../../redis/cache-strategy.ts';
import { isInTrouble, noteTrouble } from '../../redis/trouble.ts';
import { withRedis } from '../../redis/with-redis.ts';

const TOTAL_MS = 60_000;

/** Never throws: what was posted is posted, and the next run publishes the rest. */
export async function publishMoved({ database, logger }: Pick<CommandContext, 'database' | 'logger'>): Promise<void> {
  try {
    const [url, strategy] = [redisUrl(), cacheStrategy()];
    // A run that has told of it once is not heard twice.
    if (url === undefined || strategy === 'none' || isInTrouble()) return;
    const { publishBalances } = await import('../publish-balances.ts');
    await withRedis(url, { totalMs: TOTAL_MS }, (redis) => publishBalances(redis, database, strategy));
  } catch (error) {
    logger.warn(
      `balances are not in Redis: ${noteTrouble(error)}. The next run puts them there, or \`settle publish\``,
    );
  }
}
