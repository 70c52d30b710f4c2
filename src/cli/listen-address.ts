/** Where a service listens: `host:port`. */
import { isIP } from 'node:net';
import { usageError } from '../errors.ts';

export interface ListenAddress {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly isLoopback: boolean;
}

/**
 * `127.0.0.1:8080`, `[::1]:8080`, `:8080` (loopback) or a name and port.
 * @param flag named in messages
 * @throws SettleError (exit 2)
 */
export function parseListen(flag: string, text: string): ListenAddress {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]*):(\d{1,5})$/i.exec(text);
  const host = match === null ? '' : match[1].replace(/^\[(.*)\]$/, '$1') || '127.0.0.1';
  const port = match === null ? -1 : Number(match[2]);
  if (match === null || port > 65_535 || (match[1].startsWith('[') && isIP(host) !== 6)) {
    throw usageError(
      `${flag}: ${JSON.stringify(text)} is no address`,
      'write host:port, for example 127.0.0.1:8080 or [::1]:8080',
    );
  }
  return { host, port, isLoopback: host === 'localhost' || host === '::1' || /^127\./.test(host) };
}

/** Why the system does not let a program listen there; undefined for an error that says something else. */
export function refusalOf(error: unknown, { host, port }: ListenAddress, flag: string): Error | undefined {
  const { code } = error as NodeJS.ErrnoException;
  const reason = {
    EADDRINUSE: 'another program listens there',
    EADDRNOTAVAIL: 'this machine has no such address',
    EACCES: 'ports below 1024 need a right',
    ENOTFOUND: 'there is no such name',
  }[code ?? ''];
  return reason === undefined
    ? undefined
    : usageError(`cannot listen on ${host}:${port}: ${reason}`, `choose another one by ${flag}`);
}
