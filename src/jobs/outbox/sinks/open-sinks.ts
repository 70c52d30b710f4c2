/** Sinks by their URLs, and which topic goes where. */
import { usageError } from '../../../errors.ts';
import type { Sink } from './sink.ts';

export interface Sinks {
  /** Undefined: the topic goes nowhere, and its messages wait. */
  of(topic: string): Sink | undefined;
  close(): Promise<void>;
}

const HINT = 'a sink is http(s)://HOST/PATH, redis://HOST:PORT/STREAM or kafka://HOST:PORT/TOPIC';

/** @param routes URLs by topic; `*` is every other topic */
export async function openSinks(routes: Readonly<Record<string, string>>, secret: string | undefined): Promise<Sinks> {
  const byUrl = new Map<string, Sink>();
  const byTopic = new Map<string, Sink>();
  for (const [topic, url] of Object.entries(routes)) {
    const sink = byUrl.get(url) ?? (await openSink(url, secret));
    byUrl.set(url, sink);
    byTopic.set(topic, sink);
  }
  return {
    of: (topic) => byTopic.get(topic) ?? byTopic.get('*'),
    close: async () => {
      await Promise.all([...byUrl.values()].map((sink) => sink.close()));
    },
  };
}

async function openSink(text: string, secret: string | undefined): Promise<Sink> {
  const url = URL.parse(text);
  if (url === null || url.hostname === '') throw usageError('a sink is no URL', HINT);
  switch (url.protocol) {
    case 'http:':
    case 'https:':
      return (await import('./http-sink.ts')).httpSink(url, secret);
    case 'redis:':
    case 'rediss:':
      return (await import('./redis-sink.ts')).redisSink(url);
    case 'kafka:':
      return (await import('./kafka-sink.ts')).kafkaSink(url);
    default:
      throw usageError(`a sink cannot be of the kind ${url.protocol}`, HINT);
  }
}
