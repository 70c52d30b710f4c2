/** The Redis of SETTLE_REDIS_URL, where rankings are published: does it answer, take writes, and keep what it has? */
import type { Redis, RedisOptions } from 'ioredis';
import { toSettleError } from '../../../database/errors.ts';
import { isThisMachine } from '../../../database/url-tls.ts';
import { type DomainCheck, type Finding, fail, misconfigured, pass, warn } from '../../../doctor/check.ts';
import { environment } from '../../../environment.ts';
import { parseRedisUrl } from '../../../redis/redis-options.ts';
import { openRedis } from '../../../redis/with-redis.ts';

const CONNECT_MS_MAX = 5_000;

export const redisCheck: DomainCheck = {
  name: 'redis',
  before: 'leases',
  run: () => examineRedis(environment().SETTLE_REDIS_URL),
};

/** @param url undefined or empty: nothing is published */
export async function examineRedis(url: string | undefined): Promise<Finding[]> {
  if (url === undefined || url === '') return [pass('SETTLE_REDIS_URL is not set: nothing is published there')];
  const found = encryptionFindings(url);
  let redis: Redis;
  try {
    redis = await openRedis(url, { connectMs: CONNECT_MS_MAX, callMs: CONNECT_MS_MAX });
  } catch (error) {
    const { message, hint } = toSettleError(error);
    return [misconfigured(message, hint ?? '')];
  }
  let reason = '';
  redis.on('error', (error: Error) => {
    reason = error.message;
  });
  try {
    await redis.connect();
    await redis.ping();
    return [...found, ...(await serverFindings(redis))];
  } catch (error) {
    const text = reason || (error instanceof Error ? error.message : String(error));
    const hint =
      'is it running, and are host, port and password of SETTLE_REDIS_URL right? Statistics are complete without it';
    return [...found, fail(`Redis does not answer: ${text}`, hint)];
  } finally {
    redis.disconnect();
  }
}

/** None where the connection is encrypted, or leaves the machine not at all. */
export function encryptionFindings(url: string): Finding[] {
  let options: RedisOptions;
  try {
    options = parseRedisUrl(url);
  } catch {
    return [];
  }
  if (options.tls !== undefined || isThisMachine(options.host ?? '')) return [];
  return [warn('the connection to Redis is not encrypted', 'a rediss:// URL in SETTLE_REDIS_URL')];
}

async function serverFindings(redis: Redis): Promise<Finding[]> {
  const info = await readInfo(redis);
  const findings: Finding[] = [];
  if (info.get('role') === 'slave' && info.get('slave_read_only') !== '0') {
    const primary = `${info.get('master_host')}:${info.get('master_port')}`;
    findings.push(misconfigured(`Redis is a read-only replica of ${primary}`, 'point SETTLE_REDIS_URL to the primary'));
  }
  const policy = info.get('maxmemory_policy');
  if (policy !== undefined && policy !== 'noeviction' && Number(info.get('maxmemory') ?? 0) > 0) {
    findings.push(
      warn(
        `Redis removes keys when its memory is full (maxmemory-policy ${policy})`,
        'rankings may vanish from it: CONFIG SET maxmemory-policy noeviction, or a Redis of their own',
      ),
    );
  }
  if (info.get('rdb_last_bgsave_status') === 'err' || info.get('aof_last_write_status') === 'err') {
    findings.push(
      fail(
        'Redis cannot write to its disk, and so takes no writes',
        'free its disk: its log says which folder it means',
      ),
    );
  }
  if (findings.length > 0) return findings;
  const isKept =
    info.get('aof_enabled') === '1' || Number(info.get('rdb_saves') ?? 0) > 0 || (await hasSavePoints(redis));
  const persistence = isKept ? '' : '; what it holds is gone with a restart, and published again by the next run';
  return [pass(`Redis answers, takes writes and removes nothing by itself${persistence}`)];
}

/** Whether it is configured to save by itself; false where the user may not ask. */
async function hasSavePoints(redis: Redis): Promise<boolean> {
  const answer = await redis.config('GET', 'save').catch(() => []);
  return Array.isArray(answer) && String(answer[1] ?? '') !== '';
}

/** Empty where the user may not ask. */
async function readInfo(redis: Redis): Promise<Map<string, string>> {
  const info = new Map<string, string>();
  for (const section of ['replication', 'memory', 'persistence']) {
    const text = await redis.info(section).catch(() => '');
    for (const [, name, value] of text.matchAll(/^([a-z_]+):(.*?)\r?$/gm)) info.set(name, value);
  }
  return info;
}
