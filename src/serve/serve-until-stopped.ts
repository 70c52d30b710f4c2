/** Listens until a signal asks to end; then lets what is on its way end. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { tell } from '../cli/errors.ts';
import { stopSignal } from '../cli/stop-signal.ts';
import { usageError } from '../errors.ts';
import type { ListenAddress } from './options.ts';

/** Resolves when it has ended. @throws SettleError (exit 2) for an address that is taken or not of this machine. */
export async function serveUntilStopped(
  app: FastifyInstance,
  { host, port }: ListenAddress,
  isTls: boolean,
): Promise<void> {
  const stop = stopSignal();
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    const { code } = error as NodeJS.ErrnoException;
    const reason = {
      EADDRINUSE: 'another program listens there',
      EADDRNOTAVAIL: 'this machine has no such address',
      EACCES: 'ports below 1024 need a right',
      ENOTFOUND: 'there is no such name',
    }[code ?? ''];
    if (reason === undefined) throw error;
    throw usageError(`cannot listen on ${host}:${port}: ${reason}`, 'choose another one by --listen');
  }
  const { port: bound } = app.server.address() as AddressInfo;
  tell(`serving at ${isTls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${bound}/`);
  if (!stop.aborted) await once(stop, 'abort');
  await app.close();
}
