/** What a run does with values that are kept in Redis beside the database (SETTLE_CACHE). */
import { environment } from '../environment.ts';
import { usageError } from '../errors.ts';

/** `update`: a run rewrites what it has changed. `evict`: it removes it. `none`: nothing is kept there. */
export const cacheStrategies = ['none', 'update', 'evict'] as const;
export type CacheStrategy = (typeof cacheStrategies)[number];

/** Statistics of a date and balances are kept for so long after the run that wrote them. */
export const CACHE_MS = 35 * 86_400_000;

/** @param flag goes before SETTLE_CACHE. @throws SettleError (exit 2) for anything else */
export function cacheStrategy(flag?: string): CacheStrategy {
  const text = flag ?? (environment().SETTLE_CACHE || 'none');
  const found = cacheStrategies.find((one) => one === text);
  if (found === undefined)
    throw usageError(
      `${flag === undefined ? 'SETTLE_CACHE' : '--cache'} is no strategy`,
      `it is one of ${cacheStrategies.join(', ')}`,
    );
  return found;
}

/** Undefined: no Redis is configured. */
export function redisUrl(): string | undefined {
  return environment().SETTLE_REDIS_URL || undefined;
}
