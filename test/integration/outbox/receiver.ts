/** An HTTP receiver with scripted faults: what it took, in order, and how often it was asked. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly id: number;
  readonly topic: string;
  readonly key: string;
  readonly payload: unknown;
  readonly createdAt: string;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * @param script what it answers; undefined: 200, and the messages count as taken
 * @param delayMs how long an answer takes
 */
export async function startReceiver(
  script: (messages: readonly Received[], request: number) => Reply | undefined,
  delayMs: () => number = () => 0,
) {
  const taken: Received[] = [];
  const requests: { headers: IncomingHttpHeaders; body: string; atMs: number }[] = [];
  let open = 0;
  let openMax = 0;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const body = Buffer.concat(parts).toString();
      openMax = Math.max(openMax, ++open);
      response.on('close', () => open--);
      requests.push({ headers: request.headers, body, atMs: performance.now() });
      const messages: Received[] = JSON.parse(body);
      const reply = script(messages, requests.length);
      if (reply === undefined || reply.status === 200) taken.push(...messages);
      setTimeout(() => response.writeHead(reply?.status ?? 200, reply?.headers).end(reply?.body), delayMs());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook`,
    taken,
    requests,
    /** The most that waited for their answers at a time. */
    openMax: () => openMax,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
