/**
 * Database URLs: `sqlite:PATH`, `mysql://user:password@host:port/database`, `mariadb://...`. Parsing touches neither
 * the disk nor the network, and no message ever repeats a password.
 */
import { usageError } from '../errors.ts';
import { KEY_OPTIONS, parseServerKey, parseTls, type ServerKey, TLS_OPTIONS, type TlsSettings } from './url-tls.ts';

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
  /** For a plain connection. */
  readonly serverKey: ServerKey;
  /** Seconds that an answer may take; undefined: as silence.ts says. */
  readonly answerSecondsMax: number | undefined;
  readonly displayUrl: string;
}

export type DatabaseUrl = SqliteUrl | ServerUrl;

const FORMS = 'write sqlite:PATH, mysql://user:password@host:3306/database or mariadb://...';
const SERVER_OPTIONS = ['answer-timeout', ...TLS_OPTIONS, ...KEY_OPTIONS];
const ENCODE = 'percent-encode special characters of the password: @ is %40, / is %2F, : is %3A, ? is %3F, # is %23';

/** Parses a database URL; throws a usage error (exit code 2) of one line for anything else. */
export function parseDatabaseUrl(url: string): DatabaseUrl {
  // The parser of URLs would take them out, and SQLite would make a file of such a name.
  if (/\p{Cc}/u.test(url)) {
    throw usageError(
      'the database URL has a line end or another control character in it',
      'remove it, or percent-encode it',
    );
  }
  if (/^sqlite:/i.test(url)) return parseSqlite(url);
  if (/^(mysql|mariadb):/i.test(url)) return parseServer(url);
  if (/^\s+(sqlite|mysql|mariadb):/i.test(url)) throw usageError('the database URL begins with a blank', 'remove it');
  // Only what is a scheme for certain is repeated: what stands before another colon may be a part of a password.
  const scheme = /^([a-z]{2,12}):\/\//i.exec(url)?.[1];
  throw usageError(scheme ? `unknown database URL scheme "${scheme}:"` : 'the database URL has no scheme', FORMS);
}

/** The URL as it may be shown to people: without its password. Throws as `parseDatabaseUrl` does. */
export function displayUrl(url: string): string {
  return parseDatabaseUrl(url).displayUrl;
}

function parseSqlite(url: string): SqliteUrl {
  const rest = url.slice('sqlite:'.length);
  // A server's URL with the wrong scheme, perhaps, whose password would be shown as a path.
  if (/^\/\/[^/]/.test(rest))
    throw usageError('a sqlite: URL names a file, not a host', 'write sqlite:PATH or sqlite:///PATH');
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
  requireOneAuthority(scheme, text);
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw usageError(`the ${scheme}: database URL cannot be read`, `${FORMS}; ${ENCODE}`);
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

  for (const name of url.searchParams.keys()) {
    if (SERVER_OPTIONS.includes(name)) continue;
    throw usageError('unknown option in the database URL', `known options: ${SERVER_OPTIONS.join(', ')}`);
  }
  const host = decode(url.hostname.replace(/^\[(.*)\]$/, '$1'), 'host name');
  const port = url.port === '' ? 3306 : Number(url.port);
  const tls = parseTls(url.searchParams, host);
  const user = decode(url.username, 'user name');
  return {
    kind: 'server',
    host,
    port,
    user,
    password: decode(url.password, 'password'),
    database,
    tls,
    serverKey: parseServerKey(url.searchParams, tls),
    answerSecondsMax: parseAnswerTimeout(url.searchParams.get('answer-timeout')),
    displayUrl: `${scheme}://${url.username}@${url.hostname}:${port}/${url.pathname.slice(1)}`,
  };
}

/**
 * A bare / ? or # in a password ends the host's part of a URL: `user:12` is then host and port, and the rest of the
 * password the name of the database, which messages show. So what cannot be told from that is refused: an @ behind the
 * host's part, and a URL without a user.
 */
function requireOneAuthority(scheme: string, text: string): void {
  const rest = text.slice(text.indexOf(':') + 1);
  if (!rest.startsWith('//')) throw usageError(`the ${scheme}: database URL has no // behind its scheme`, FORMS);
  const end = rest.slice(2).search(/[/?#\\]/);
  const authority = end < 0 ? rest.slice(2) : rest.slice(2, 2 + end);
  const behind = rest.slice(2 + authority.length);
  if (behind.includes('@')) {
    throw usageError(`the ${scheme}: database URL has an @ behind its host`, `${FORMS}; ${ENCODE}`);
  }
  if (authority.lastIndexOf('@') < 1 || authority.startsWith(':')) {
    throw usageError(`the ${scheme}: database URL names no user`, FORMS);
  }
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
