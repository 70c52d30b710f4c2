/**
 * Database URLs: `sqlite:PATH`, `mysql://user:password@host:port/database`, `mariadb://...`. Parsing touches neither
 * the disk nor the network, and no message ever repeats a password.
 */
import { isIP } from 'node:net';
import { usageError } from '../errors.ts';

export interface SqliteUrl {
  readonly kind: 'sqlite';
  /** As written: relative paths are relative to the working folder. */
  readonly path: string;
  readonly displayUrl: string;
}

/** `mysql:` and `mariadb:` are the same here: which server answers is found out when it is opened. */
export interface ServerUrl {
  readonly kind: 'server';
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Undefined: a plain connection. */
  readonly tls: TlsSettings | undefined;
  /** Seconds that an answer may take; undefined: as silence.ts says. */
  readonly answerSecondsMax: number | undefined;
  readonly displayUrl: string;
}

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

export type DatabaseUrl = SqliteUrl | ServerUrl;

const FORMS = 'write sqlite:PATH, mysql://user:password@host:3306/database or mariadb://...';
const SERVER_OPTIONS = ['answer-timeout', 'ssl-mode', 'ssl-ca', 'ssl-cert', 'ssl-key'];
const SSL_MODES = ['disabled', 'required', 'verify-ca', 'verify-identity'];

/** Parses a database URL; throws a usage error (exit code 2) of one line for anything else. */
export function parseDatabaseUrl(url: string): DatabaseUrl {
  if (/^sqlite:/i.test(url)) return parseSqlite(url);
  if (/^(mysql|mariadb):/i.test(url)) return parseServer(url);
  if (/^\s+(sqlite|mysql|mariadb):/i.test(url)) throw usageError('the database URL begins with a blank', 'remove it');
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1];
  throw usageError(scheme ? `unknown database URL scheme "${scheme}:"` : 'the database URL has no scheme', FORMS);
}

/** The URL as it may be shown to people: without its password. Throws as `parseDatabaseUrl` does. */
export function displayUrl(url: string): string {
  return parseDatabaseUrl(url).displayUrl;
}

function parseSqlite(url: string): SqliteUrl {
  const rest = url.slice('sqlite:'.length);
  // `sqlite:///var/x.db` is a common way to write an absolute path.
  const path = rest.startsWith('//') ? rest.slice(2) : rest;
  if (path === '')
    throw usageError('the database URL names no file', 'write sqlite:PATH, for example sqlite:settle.db');
  if (path.startsWith(':memory:')) {
    throw usageError('an in-memory SQLite database cannot be shared with worker threads', 'use a file: sqlite:PATH');
  }
  if (/^\s|\s$|\p{Cc}/u.test(path)) {
    throw usageError(
      `the database URL sqlite:${JSON.stringify(path)} begins or ends with a blank, or holds a line end`,
      'remove it: a secret or a file that the URL is read from often ends with one',
    );
  }
  if (path.includes('?')) throw usageError('a sqlite: URL takes no options', 'write sqlite:PATH');
  return { kind: 'sqlite', path, displayUrl: `sqlite:${path}` };
}

function parseServer(text: string): ServerUrl {
  const scheme = text.slice(0, text.indexOf(':')).toLowerCase();
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw usageError(
      `the ${scheme}: database URL cannot be read`,
      `${FORMS}; percent-encode special characters of the password, for example @ as %40 and # as %23`,
    );
  }
  if (url.hash !== '') {
    throw usageError(`the ${scheme}: database URL contains a bare #`, 'percent-encode it as %23');
  }
  if (url.hostname === '') throw usageError(`the ${scheme}: database URL names no host`, FORMS);
  const database = decode(url.pathname.replace(/^\//, ''), 'database name');
  if (database === '') throw usageError(`the ${scheme}: database URL names no database`, FORMS);
  // Not repeated: behind a bare / of a password, this is the rest of it.
  if (database.includes('/')) {
    throw usageError(
      `the ${scheme}: database URL has more than one name after the host`,
      `${FORMS}; a / in the password is %2F`,
    );
  }

  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port === '' ? 3306 : Number(url.port);
  const tls = parseTls(url.searchParams);
  // The driver would compare the certificate with nothing, or with localhost.
  if (tls?.verifyIdentity && isIP(host) !== 0) {
    throw usageError(
      `the identity of a server cannot be verified by its address, ${host}`,
      'write the host name that its certificate names, or ssl-mode=verify-ca',
    );
  }
  const user = decode(url.username, 'user name');
  const shownUser = url.username === '' ? '' : `${url.username}@`;
  return {
    kind: 'server',
    host: decode(host, 'host name'),
    port,
    user,
    password: decode(url.password, 'password'),
    database,
    tls,
    answerSecondsMax: parseAnswerTimeout(url.searchParams.get('answer-timeout')),
    displayUrl: `${scheme}://${shownUser}${url.hostname}:${port}/${url.pathname.slice(1)}`,
  };
}

function parseTls(options: URLSearchParams): TlsSettings | undefined {
  for (const name of options.keys()) {
    if (!SERVER_OPTIONS.includes(name)) {
      throw usageError(`unknown database URL option "${name}"`, `known options: ${SERVER_OPTIONS.join(', ')}`);
    }
  }
  const caPath = options.get('ssl-ca') ?? undefined;
  const certPath = options.get('ssl-cert') ?? undefined;
  const keyPath = options.get('ssl-key') ?? undefined;
  // Whoever names a certificate wants it checked: the safest mode is the default, the weaker ones are written out.
  const asked = caPath !== undefined || certPath !== undefined || keyPath !== undefined;
  const mode = options.get('ssl-mode') ?? (asked ? 'verify-identity' : 'disabled');
  if (!SSL_MODES.includes(mode)) {
    throw usageError(`unknown ssl-mode "${mode}" in the database URL`, `known modes: ${SSL_MODES.join(', ')}`);
  }
  if (mode === 'disabled') {
    if (asked) throw usageError('the database URL has ssl-mode=disabled and certificates', 'remove one of them');
    return undefined;
  }
  return {
    caPath,
    certPath,
    keyPath,
    verifyCertificate: mode !== 'required',
    verifyIdentity: mode === 'verify-identity',
  };
}

function parseAnswerTimeout(text: string | null): number | undefined {
  if (text === null) return undefined;
  if (/^[1-9]\d{0,4}$/.test(text)) return Number(text);
  throw usageError(
    'answer-timeout in the database URL is no number of seconds',
    'write 1 to 99999; the default is 900',
  );
}

function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw usageError(`the ${what} in the database URL is not valid percent-encoding`, 'write a bare % as %25');
  }
}
