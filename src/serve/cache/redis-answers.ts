/**
 * Answers in Redis, a key each, for several services of one database. The key names the form, the version of settle and the
 * database; the value begins with its label, so nothing that is there counts for what it is not.
 */
import type { Redis } from 'ioredis';
import { runScript } from '../../redis/scripts/run-script.ts';
import { openRedis } from '../../redis/with-redis.ts';
import { version } from '../../version.ts';
import { CACHE_LIMIT_MS, KEEP_MS, SHARED_BYTES_MAX } from './limits.ts';
import type { AnswerStore } from './shared-answers.ts';
import { decodeAnswer, encodeAnswer, type LabelledAnswer } from './stored-answer.ts';

/** Of the keys and values. Another one is another cache. */
const FORM = 1;
const CONNECT_MS = 1_000;
/** A connection that owes answers for so long is closed, and made anew. */
const SILENCE_MS = 3_000;
const RECONNECT_MS_MAX = 1_000;

/** KEYS[1] a key, ARGV[1] the beginning of what may stay. Returns how many keys it removed; changes nothing on an error. */
const removeOther = {
  lua: `
    local length = string.len(ARGV[1])
    if redis.call('GETRANGE', KEYS[1], 0, length - 1) == ARGV[1] then return 0 end
    return redis.call('UNLINK', KEYS[1])`,
};

export class RedisAnswers implements AnswerStore {
  readonly #redis: Redis;
  readonly #prefix: string;

  private constructor(redis: Redis, database: string) {
    this.#redis = redis;
    this.#prefix = `settle:serve:${FORM}:${version()}:${database}:`;
  }

  /** @param database names it among others that use the same Redis. @throws SettleError (exit 2) for what is no URL */
  static async open(url: string, database: string): Promise<RedisAnswers> {
    const redis = await openRedis(url, { connectMs: CONNECT_MS, callMs: CACHE_LIMIT_MS });
    redis.options.socketTimeout = SILENCE_MS;
    redis.options.retryStrategy = (times) => Math.min(times * 50, RECONNECT_MS_MAX);
    // It comes when it comes; until then it is passed by.
    redis.connect().catch(() => {});
    return new RedisAnswers(redis, database);
  }

  async get(key: string): Promise<LabelledAnswer | undefined> {
    const bytes = await this.#redis.getBuffer(this.#prefix + key);
    return bytes === null ? undefined : decodeAnswer(key, bytes);
  }

  async set(key: string, kept: LabelledAnswer): Promise<void> {
    if (kept.answer.body.length > SHARED_BYTES_MAX) return;
    await this.#redis.set(this.#prefix + key, encodeAnswer(key, kept), 'PX', KEEP_MS);
  }

  async removeOther(key: string, label: string): Promise<void> {
    await runScript(this.#redis, removeOther, [this.#prefix + key], [`${label}\n`]);
  }

  close(): void {
    this.#redis.disconnect();
  }
}
