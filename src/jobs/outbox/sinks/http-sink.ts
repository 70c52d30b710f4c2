/** Messages by HTTP: a POST of a JSON array. */
import { messageJson } from '../rules/message.ts';
import { httpClient } from './http-client.ts';
import type { Sink } from './sink.ts';

/** @param secret signs requests; undefined: unsigned */
export function httpSink(url: URL, secret: string | undefined): Sink {
  const { name, post } = httpClient(url, secret);
  return {
    name,
    send: async (messages) => (await post(messages, `[${messages.map(messageJson).join(',')}]`)).answer,
    close: async () => {},
  };
}
