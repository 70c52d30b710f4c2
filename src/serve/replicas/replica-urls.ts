/** SETTLE_REPLICAS: where `settle serve` may read, beside the database itself. */
import { parseDatabaseUrl } from '../../database/url.ts';
import { environment } from '../../environment.ts';
import { usageError } from '../../errors.ts';

const REPLICAS_MAX = 16;

/** URLs with blanks between them. @throws SettleError (exit 2) that repeats none of them */
export function replicaUrls(primaryUrl: string): string[] {
  const urls = (environment().SETTLE_REPLICAS ?? '').split(/\s+/).filter((url) => url !== '');
  if (urls.length === 0) return [];
  if (urls.length > REPLICAS_MAX) throw usageError(`SETTLE_REPLICAS names more than ${REPLICAS_MAX} replicas`);
  if (parseDatabaseUrl(primaryUrl).kind === 'sqlite') {
    throw usageError('an SQLite file has no replicas', 'take SETTLE_REPLICAS, or `replicas` in the config file, away');
  }
  for (const url of urls) {
    if (parseDatabaseUrl(url).kind === 'sqlite') throw usageError('a replica of SETTLE_REPLICAS is an SQLite file');
  }
  return urls;
}
