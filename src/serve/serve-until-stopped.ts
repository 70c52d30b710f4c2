/** Listens until a signal asks to end; then lets what is on its way end. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { tell } from '../cli/errors.ts';
import { type ListenAddress, refusalOf } from '../cli/listen-address.ts';
import { stopSignal } from '../cli/stop-signal.ts';

/** Resolves when it has ended. @throws SettleError (exit 2) for an address that is taken or not of this machine. */
export async function serveUntilStopped(app: FastifyInstance, address: ListenAddress, isTls: boolean): Promise<void> {
  const { host, port } = address;
  const stop = stopSignal();
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    throw refusalOf(error, address, '--listen') ?? error;
  }
  const { port: bound } = app.server.address() as AddressInfo;
  tell(`serving at ${isTls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${bound}/`);
  if (!stop.aborted) await once(stop, 'abort');
  await app.close();
}
