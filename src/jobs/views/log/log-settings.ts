/**
 * Where the view log lies, as the environment or the config file say it: `SETTLE_SHARDS` names shards,
 * `SETTLE_VIEW_REPLICAS` replicas of a log that is not cut.
 */
import { parseDatabaseUrl } from '../../../database/url.ts';
import { type Environment, environment } from '../../../environment.ts';
import { usageError } from '../../../errors.ts';
import { SHARDS_MAX } from './shard-key.ts';

const NAME = /^[a-z0-9][a-z0-9_-]{0,31}$/;
const FORM =
  'write NAME=URL, with blanks between: east=mysql://... west=mysql://...; a second URL of a name is a replica';

export interface ShardSetting {
  readonly name: string;
  /** Of the primary. */
  readonly url: string;
  readonly replicaUrls: readonly string[];
}

/** By name, in the order in which they are written; empty: the log is `view_log` of settle's own database. @throws SettleError (exit 2) that repeats no URL */
export function shardSettings({ SETTLE_SHARDS = '' }: Environment = environment()): ShardSetting[] {
  const urls = new Map<string, string[]>();
  for (const [at, word] of wordsOf(SETTLE_SHARDS).entries()) {
    const split = word.indexOf('=');
    const name = word.slice(0, Math.max(0, split));
    if (!NAME.test(name)) throw usageError(`SETTLE_SHARDS: number ${at + 1} does not begin with a name and =`, FORM);
    parse(`the shard ${name}`, word.slice(split + 1));
    urls.set(name, [...(urls.get(name) ?? []), word.slice(split + 1)]);
  }
  if (urls.size > SHARDS_MAX) throw usageError(`SETTLE_SHARDS names more than ${SHARDS_MAX} shards`);
  return [...urls].map(([name, [url, ...replicaUrls]]) => {
    requireServers(`the shard ${name}`, url, replicaUrls);
    return { name, url, replicaUrls };
  });
}

/** Replicas of the database whose log is not cut. @throws SettleError (exit 2) that repeats no URL */
export function viewReplicaUrls(url: string, { SETTLE_VIEW_REPLICAS = '' }: Environment = environment()): string[] {
  const urls = wordsOf(SETTLE_VIEW_REPLICAS);
  for (const [at, one] of urls.entries()) parse(`SETTLE_VIEW_REPLICAS: number ${at + 1}`, one);
  requireServers('SETTLE_VIEW_REPLICAS', url, urls);
  return urls;
}

function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}

function parse(what: string, url: string): void {
  try {
    parseDatabaseUrl(url);
  } catch (error) {
    const { message, hint } = error as { message: string; hint?: string };
    throw usageError(`${what}: ${message}`, hint);
  }
}

function requireServers(what: string, url: string, replicaUrls: readonly string[]): void {
  if (replicaUrls.length === 0) return;
  if ([url, ...replicaUrls].some((one) => parseDatabaseUrl(one).kind === 'sqlite')) {
    throw usageError(`${what}: an SQLite file has no replicas`, 'name each SQLite file as a shard of its own');
  }
}
