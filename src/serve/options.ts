/** Options of `settle serve`: where it listens, and who may do what. */
import { isIP } from 'node:net';
import { readTrustedFile } from '../cli/trusted-file.ts';
import { usageError } from '../errors.ts';

export interface ListenAddress {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly isLoopback: boolean;
}

const TOKEN_BYTES_MAX = 1_000;
const TOKEN_LENGTH_MIN = 16;
const PEM_BYTES_MAX = 1_000_000;

/** `127.0.0.1:8080`, `[::1]:8080`, `:8080` (loopback) or a name and port. @throws SettleError (exit 2) */
export function parseListen(text: string): ListenAddress {
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]*):(\d{1,5})$/i.exec(text);
  const host = match === null ? '' : match[1].replace(/^\[(.*)\]$/, '$1') || '127.0.0.1';
  const port = match === null ? -1 : Number(match[2]);
  if (match === null || port > 65_535 || (match[1].startsWith('[') && isIP(host) !== 6)) {
    throw usageError(
      `--listen: ${JSON.stringify(text)} is no address`,
      'write host:port, for example 127.0.0.1:8080 or [::1]:8080',
    );
  }
  return { host, port, isLoopback: host === 'localhost' || host === '::1' || /^127\./.test(host) };
}

/** The token of a file that nobody else can have written; its line end is no part of it. @throws SettleError (exit 2) */
export function readToken(path: string): string {
  const token = readTrustedFile('the token file', path, TOKEN_BYTES_MAX).replace(/\r?\n$/, '');
  if (!/^[\x21-\x7e]+$/.test(token) || token.length < TOKEN_LENGTH_MIN) {
    throw usageError(
      `the token in ${path} must be one line of at least ${TOKEN_LENGTH_MIN} visible ASCII characters`,
      '`openssl rand -hex 32 > FILE` makes one',
    );
  }
  return token;
}

/** Certificate chain and private key, in PEM. @throws SettleError (exit 2) */
export function readTls(
  certificate: string | undefined,
  key: string | undefined,
): { cert: string; key: string } | undefined {
  if (certificate === undefined && key === undefined) return undefined;
  if (certificate === undefined || key === undefined) throw usageError('--tls-cert and --tls-key belong together');
  return {
    cert: readTrustedFile('the certificate', certificate, PEM_BYTES_MAX),
    key: readTrustedFile('the private key', key, PEM_BYTES_MAX),
  };
}
