/** The URL of a Redis as options of the client, which never sees the URL: its errors would repeat it. */
import type { RedisOptions } from 'ioredis';
import { usageError } from '../errors.ts';

const FORM =
  'write redis://[user:password@]host:6379[/number] or rediss://...; in a password @ is %40, / is %2F, : is %3A, ? is %3F, # is %23';
const PORT = 6379;

/**
 * Throws a usage error, which repeats nothing of it, for anything but `redis:` and `rediss:` with a host.
 * @param source where the URL was given, for messages
 */
export function parseRedisUrl(text: string, source = 'SETTLE_REDIS_URL'): RedisOptions {
  const parts = /^(rediss?):\/\/(?:([^\s@/?#]*)@)?([^\s@/?#]+)(?:\/(\d{0,4}))?$/i.exec(text);
  const url = parts === null || !URL.canParse(text) ? undefined : new URL(text);
  if (parts === null || url === undefined || url.hostname === '') {
    throw usageError(`${source} is no URL of a Redis server`, FORM);
  }
  const isEncrypted = parts[1].toLowerCase() === 'rediss';
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? PORT : Number(url.port),
    username: decode(url.username, source),
    password: decode(url.password, source),
    db: parts[4] ? Number(parts[4]) : 0,
    ...(isEncrypted ? { tls: { servername: url.hostname } } : {}),
  };
}

function decode(text: string, source: string): string | undefined {
  if (text === '') return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    throw usageError(`${source} is not valid percent-encoding`, 'write a bare % as %25');
  }
}
