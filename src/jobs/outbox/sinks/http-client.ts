/**
 * POSTs of messages to one URL. Signed as Standard Webhooks says: HMAC-SHA256 over id, time and body, in
 * `webhook-signature`. Connections are kept alive; so many requests a host are under way at a time.
 */
import { createHmac } from 'node:crypto';
import pLimit from 'p-limit';
import type { Answer } from '../rules/deliver.ts';
import type { Message } from '../rules/message.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { SEND_MS_MAX } from './sink.ts';

const REQUESTS_A_HOST = 8;
/** What of an answer is kept. */
const ANSWER_LENGTH = 200;
const ANSWER_BYTES_MAX = 1_048_576;

export interface HttpAnswer {
  readonly answer: Answer;
  /** As far as it was read; empty where nobody answered. */
  readonly body: string;
  readonly status?: number;
}

export interface HttpClient {
  /** For people: without credentials. */
  readonly name: string;
  /** Never rejects. */
  post(messages: readonly Message[], body: string): Promise<HttpAnswer>;
}

/** @param secret signs requests; undefined: unsigned */
export function httpClient(url: URL, secret: string | undefined): HttpClient {
  const breaker = new CircuitBreaker();
  const limit = pLimit(REQUESTS_A_HOST);
  const target = new URL(url);
  const authorization =
    target.username === ''
      ? undefined
      : `Basic ${Buffer.from(`${decodeURIComponent(target.username)}:${decodeURIComponent(target.password)}`).toString('base64')}`;
  target.username = '';
  target.password = '';
  return {
    name: target.origin + target.pathname,
    post: async (messages, body) => {
      let found: Omit<HttpAnswer, 'answer'> = { body: '' };
      const ask = async () => {
        const { answer, ...rest } = await post(target, messages, body, secret, authorization);
        found = rest;
        return answer;
      };
      return { answer: await limit(() => breaker.run(ask)), ...found };
    },
  };
}

async function post(
  url: URL,
  messages: readonly Message[],
  body: string,
  secret: string | undefined,
  authorization: string | undefined,
): Promise<HttpAnswer> {
  const id = `${messages[0].id}-${messages[messages.length - 1].id}`;
  const time = String(Math.floor(Date.now() / 1000));
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': time,
  };
  if (authorization !== undefined) headers.authorization = authorization;
  if (secret !== undefined) headers['webhook-signature'] = `v1,${signature(secret, id, time, body)}`;
  try {
    const response = await fetch(url, {
      method: 'POST',
      body,
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(SEND_MS_MAX),
    });
    const said = await readAnswer(response);
    return { answer: answerOf(response, said.slice(0, ANSWER_LENGTH)), body: said, status: response.status };
  } catch (error) {
    return { answer: answerOfError(error), body: '' };
  }
}

/** Base64. */
export function signature(secret: string, id: string, time: string, body: string): string {
  return createHmac('sha256', secret).update(`${id}.${time}.${body}`).digest('base64');
}

/** Read to its end, or the connection is not used again; one without end is left. */
async function readAnswer(response: Response): Promise<string> {
  let text = '';
  if (response.body === null) return text;
  const decoder = new TextDecoder();
  let bytes = 0;
  for await (const part of response.body) {
    bytes += part.length;
    text += decoder.decode(part, { stream: true });
    if (bytes > ANSWER_BYTES_MAX) break;
  }
  return text;
}

function answerOf({ status, statusText, headers }: Response, body: string): Answer {
  const text = [String(status), statusText, body.replace(/\s+/g, ' ').trim()].filter(Boolean).join(' ');
  if (status >= 200 && status < 300) return { kind: 'sent', text: String(status) };
  const retryAfterMs = parseRetryAfter(headers.get('retry-after'), Date.now());
  if (status === 429 || (status === 503 && retryAfterMs !== undefined))
    return { kind: 'unavailable', text, retryAfterMs: retryAfterMs ?? 1_000 };
  // 408: it gave up waiting. 401 and 403 are told to somebody who puts the secret right.
  const mayWork = status >= 500 || status === 408 || status === 401 || status === 403;
  return mayWork ? { kind: 'failed', text, retryAfterMs } : { kind: 'never', text };
}

/** Seconds, or a date. Undefined for none or nonsense; at most a day. */
export function parseRetryAfter(value: string | null, nowMs: number): number | undefined {
  if (value === null) return undefined;
  const ms = /^\d{1,9}$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - nowMs;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), 86_400_000);
}

/** Of connections that never were: nobody has seen the messages. */
const UNREACHED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function answerOfError(error: unknown): Answer {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const text = cause instanceof Error ? [code, cause.message].filter(Boolean).join(': ') : String(cause);
  // Also one that was cut in the middle: which of the messages it was, if any, nobody can say.
  return UNREACHED.has(code) || code === 'ECONNRESET' || code === 'UND_ERR_SOCKET'
    ? { kind: 'unavailable', text, retryAfterMs: 1_000 }
    : { kind: 'failed', text };
}
