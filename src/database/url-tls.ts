/**
 * How a connection is protected, out of the options of a database URL. To another machine it is encrypted and the
 * server is known by its name, unless the URL says less; nothing is ever less than what was asked for.
 */
import { isIP } from 'node:net';
import { usageError } from '../errors.ts';

export const SSL_MODES = ['disabled', 'required', 'verify-ca', 'verify-identity'] as const;
export type SslMode = (typeof SSL_MODES)[number];
export const TLS_OPTIONS = ['ssl-mode', 'ssl-ca', 'ssl-cert', 'ssl-key'];
export const KEY_OPTIONS = ['server-public-key', 'allow-public-key-retrieval'];

/** Paths are those of PEM files; they are read when the connection is made. */
export interface TlsSettings {
  readonly caPath: string | undefined;
  readonly certPath: string | undefined;
  readonly keyPath: string | undefined;
  /** False only for `ssl-mode=required`: encrypted, but the server may be anyone. */
  readonly verifyCertificate: boolean;
  /** Whether the certificate must name the host. */
  readonly verifyIdentity: boolean;
}

/**
 * Where a password may go that a server wants encrypted by an RSA key instead of by TLS: `refused` without one that is
 * known; `pinned` to the PEM file of the path; `any`, whatever key the server sends.
 */
export type ServerKey =
  | { readonly kind: 'refused' }
  | { readonly kind: 'pinned'; readonly path: string }
  | { readonly kind: 'any' };

/** Whether packets to the host stay on this machine: loopback addresses and `localhost`. */
export function isThisMachine(host: string): boolean {
  const name = host.toLowerCase().replace(/\.$/, '');
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  if (isIP(name) === 4) return name.startsWith('127.');
  return isIP(name) === 6 && (name === '::1' || /^::ffff:7f[0-9a-f]{2}:/.test(name));
}

/** Undefined: a plain connection. Throws a usage error. */
export function parseTls(options: URLSearchParams, host: string): TlsSettings | undefined {
  const caPath = options.get('ssl-ca') ?? undefined;
  const certPath = options.get('ssl-cert') ?? undefined;
  const keyPath = options.get('ssl-key') ?? undefined;
  // Whoever names a certificate wants it checked: the safest mode is the default, the weaker ones are written out.
  const asked = caPath !== undefined || certPath !== undefined || keyPath !== undefined;
  const given = options.get('ssl-mode');
  const mode = given ?? (asked || !isThisMachine(host) ? 'verify-identity' : 'disabled');
  if (!SSL_MODES.some((one) => one === mode)) {
    throw usageError('unknown ssl-mode in the database URL', `known modes: ${SSL_MODES.join(', ')}`);
  }
  if (mode === 'disabled') {
    if (asked) throw usageError('the database URL has ssl-mode=disabled and certificates', 'remove one of them');
    return undefined;
  }
  // The driver would compare the certificate with nothing, or with localhost.
  if (mode === 'verify-identity' && isIP(host) !== 0) {
    throw usageError(
      'the identity of a server cannot be verified by its address',
      'write the host name that its certificate names, or add ssl-mode=verify-ca, ssl-mode=required (any server), or ssl-mode=disabled (nothing is encrypted)',
    );
  }
  return {
    caPath,
    certPath,
    keyPath,
    verifyCertificate: mode !== 'required',
    verifyIdentity: mode === 'verify-identity',
  };
}

/** Throws a usage error for both options at once, for another word than true and false, and beside TLS. */
export function parseServerKey(options: URLSearchParams, tls: TlsSettings | undefined): ServerKey {
  const path = options.get('server-public-key') ?? undefined;
  const any = options.get('allow-public-key-retrieval') ?? 'false';
  if (any !== 'true' && any !== 'false') {
    throw usageError('allow-public-key-retrieval in the database URL must be true or false');
  }
  if (path === undefined && any === 'false') return { kind: 'refused' };
  if (path !== undefined && any === 'true') {
    throw usageError('the database URL pins a server key and takes any', 'remove allow-public-key-retrieval');
  }
  if (tls !== undefined) {
    throw usageError(
      'an encrypted connection needs no key of the server',
      'remove server-public-key or allow-public-key-retrieval, or add ssl-mode=disabled',
    );
  }
  return path === undefined ? { kind: 'any' } : { kind: 'pinned', path };
}
