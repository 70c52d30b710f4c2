/** Sinks by their URLs, and which topic goes where. */
import type { Database } from '../../../database/database.ts';
import { usageError } from '../../../errors.ts';
import type { Routes } from '../routes.ts';
import { SINKS_MAX } from '../rules/fan-out.ts';
import type { Sink } from './sink.ts';

export interface Sinks {
  /** Undefined: the topic goes nowhere, and its messages wait. Topics that go the same way have the same array. */
  of(topic: string): readonly Sink[] | undefined;
  close(): Promise<void>;
}

const HINT =
  'a sink is http(s)://HOST/PATH, push+http(s)://HOST/PATH, redis://HOST:PORT/STREAM or kafka://HOST:PORT/TOPIC';

/**
 * @param database has the tokens for `push+http` sinks
 * @throws SettleError (exit 2) for what is no sink
 */
export async function openSinks(routes: Routes, secret: string | undefined, database: Database): Promise<Sinks> {
  const byUrl = new Map<string, Sink>();
  const byWay = new Map<string, readonly Sink[]>();
  const byTopic = new Map<string, readonly Sink[]>();
  for (const [topic, route] of Object.entries(routes)) {
    const urls = typeof route === 'string' ? [route] : route;
    if (urls.length > SINKS_MAX) throw usageError(`the topic ${topic} has more than ${SINKS_MAX} sinks`, HINT);
    for (const url of urls) if (!byUrl.has(url)) byUrl.set(url, await openSink(url, secret, database));
    const way = JSON.stringify(urls);
    if (!byWay.has(way))
      byWay.set(
        way,
        urls.map((url) => byUrl.get(url)!),
      );
    byTopic.set(topic, byWay.get(way)!);
  }
  return {
    of: (topic) => byTopic.get(topic) ?? byTopic.get('*'),
    close: async () => {
      await Promise.all([...byUrl.values()].map((sink) => sink.close()));
    },
  };
}

async function openSink(text: string, secret: string | undefined, database: Database): Promise<Sink> {
  const url = URL.parse(text);
  if (url === null || url.hostname === '') throw usageError('a sink is no URL', HINT);
  switch (url.protocol) {
    case 'http:':
    case 'https:':
      return (await import('./http-sink.ts')).httpSink(url, secret);
    case 'push+http:':
    case 'push+https:':
      return (await import('./push-sink.ts')).pushSink(url, secret, database);
    case 'redis:':
    case 'rediss:':
      return (await import('./redis-sink.ts')).redisSink(url);
    case 'kafka:':
      return (await import('./kafka-sink.ts')).kafkaSink(url);
    default:
      throw usageError(`a sink cannot be of the kind ${url.protocol}`, HINT);
  }
}
