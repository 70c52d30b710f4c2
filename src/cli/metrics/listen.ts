/** `/metrics` of a process that serves nothing else: a relay, a worker, `settle metrics`. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Registry } from '@prometheus-io/client';
import { tell } from '../errors.ts';
import { type ListenAddress, refusalOf } from '../listen-address.ts';
import { stopSignal } from '../stop-signal.ts';

const ALIVE_MS = 3_600_000;

export interface ServedMetrics {
  /** `http://host:port/metrics`. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Answers GET /metrics, and nothing else. Does not keep a process alive.
 * @param flag what gave the address, for messages
 * @throws SettleError (exit 2) for an address that is taken or not of this machine
 */
export async function listenForMetrics(
  address: ListenAddress,
  metrics: () => Promise<string>,
  flag = '--metrics-listen',
): Promise<ServedMetrics> {
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url?.split('?', 1)[0] !== '/metrics') {
      response.writeHead(404).end('GET /metrics\n');
      return;
    }
    metrics().then(
      (text) => response.writeHead(200, { 'content-type': Registry.PROMETHEUS_CONTENT_TYPE }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  await listen(server, address, flag);
  // The work ends the process, not its metrics.
  server.unref();
  const { port } = server.address() as AddressInfo;
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return {
    url: `http://${host}:${port}/metrics`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

/** Resolves after a signal that asks to end. @throws SettleError (exit 2) as `listenForMetrics` */
export async function answerUntilStopped(address: ListenAddress, metrics: () => Promise<string>): Promise<void> {
  const stop = stopSignal();
  const served = await listenForMetrics(address, metrics, '--listen');
  tell(`serving at ${served.url}`);
  // The server keeps no process alive, and nor does a signal.
  const alive = setInterval(() => {}, ALIVE_MS);
  if (!stop.aborted) await once(stop, 'abort');
  clearInterval(alive);
  await served.close();
}

async function listen(server: Server, address: ListenAddress, flag: string): Promise<void> {
  server.listen(address.port, address.host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw refusalOf(error, address, flag) ?? error;
  }
}
