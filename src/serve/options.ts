/** Options of `settle serve`: who may do what, and where answers are kept. */
import { wholeNumber } from '../cli/setting-values.ts';
import { readTrustedFile } from '../cli/trusted-file.ts';
import { usageError } from '../errors.ts';
import { cacheStrategy, redisUrl } from '../redis/cache-strategy.ts';
import { parseRedisUrl } from '../redis/redis-options.ts';
import type { AnswerSettings } from './cache/open-answers.ts';
import { replicaUrls } from './replicas/replica-urls.ts';

const TOKEN_BYTES_MAX = 1_000;
const TOKEN_LENGTH_MIN = 16;
const PEM_BYTES_MAX = 1_000_000;

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

interface AnswerFlags {
  readonly cache?: string;
  readonly cacheMb: string;
  readonly redis?: string;
  readonly replicaLag: string;
}

/** Where answers are kept, and read. @throws SettleError (exit 2) */
export function answerSettings(flags: AnswerFlags, databaseUrl: string): AnswerSettings {
  const megabytes = flags.cacheMb === '0' ? 0 : number('--cache-mb', flags.cacheMb);
  const strategy = cacheStrategy(flags.cache);
  const redis = flags.redis ?? redisUrl();
  if (redis !== undefined) parseRedisUrl(redis);
  if (megabytes === 0 && strategy !== 'none' && redis === undefined) {
    throw usageError('--cache-mb 0 keeps answers in Redis alone, and there is none', 'give --redis URL, or more MB');
  }
  return {
    strategy,
    memoryBytes: megabytes * 2 ** 20,
    redisUrl: redis,
    replicaUrls: replicaUrls(databaseUrl),
    lagSecondsMax: number('--replica-lag', flags.replicaLag),
  };
}

function number(flag: string, text: string): number {
  const found = wholeNumber(text);
  if (found === undefined)
    throw usageError(`${flag} must be a whole number of at least 1, not ${JSON.stringify(text)}`);
  return found;
}
