/** Messages into a Redis Stream: XADD with the outbox id among its fields, the stream's length about bounded. */
import { Redis } from 'ioredis';
import { usageError } from '../../../errors.ts';
import type { Answer } from '../rules/deliver.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { SEND_MS_MAX, type Sink } from './sink.ts';

const STREAM_LENGTH_MAX = 1_000_000;

/** @param url `redis://HOST:PORT/STREAM`, with `?maxlen=N` where another bound is wanted */
export function redisSink(url: URL): Sink {
  const stream = decodeURIComponent(url.pathname.slice(1));
  if (stream === '') throw usageError('the Redis sink names no stream', 'write redis://HOST:PORT/STREAM');
  const maxLength = url.searchParams.get('maxlen') ?? String(STREAM_LENGTH_MAX);
  if (!/^[1-9]\d{0,11}$/.test(maxLength)) throw usageError('maxlen of the Redis sink must be a whole number');
  const breaker = new CircuitBreaker();
  const redis = new Redis({
    host: url.hostname,
    port: Number(url.port || 6379),
    username: url.username === '' ? undefined : decodeURIComponent(url.username),
    password: url.password === '' ? undefined : decodeURIComponent(url.password),
    tls: url.protocol === 'rediss:' ? {} : undefined,
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: SEND_MS_MAX,
    connectTimeout: 2_000,
    retryStrategy: (times) => Math.min(times * 100, 2_000),
  });
  // Every command tells its own failure.
  redis.on('error', () => {});
  let connecting: Promise<void> | undefined;
  const connected = async () => {
    if (redis.status === 'ready') return;
    if (redis.status === 'wait' || redis.status === 'end') connecting = redis.connect();
    await connecting;
  };
  return {
    name: `redis://${url.host}/${stream}`,
    send: (messages) =>
      breaker.run(async (): Promise<Answer> => {
        try {
          await connected();
          const pipeline = redis.pipeline();
          for (const { id, topic, key, payload, createdAt } of messages) {
            const fields = { id: String(id), topic, key, payload, createdAt };
            pipeline.xadd(stream, 'MAXLEN', '~', maxLength, '*', ...Object.entries(fields).flat());
          }
          const results = (await pipeline.exec()) ?? [];
          const failure = results.find(([error]) => error !== null)?.[0];
          if (failure !== undefined && failure !== null) throw failure;
          return { kind: 'sent', text: `${results.length} added` };
        } catch (error) {
          const text = error instanceof Error ? error.message : String(error);
          // What is wrong with the stream is no fault of a message: nothing is sent until somebody puts it right.
          return { kind: 'unavailable', text, retryAfterMs: 500 };
        }
      }),
    close: async () => redis.disconnect(),
  };
}
