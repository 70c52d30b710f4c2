/** The replicas of SETTLE_REPLICAS: does each answer, is it a copy of this database, and how far is it behind? */
import type { Database } from '../../database/database.ts';
import { toSettleError } from '../../database/errors.ts';
import { openDatabase } from '../../database/open.ts';
import { parseDatabaseUrl } from '../../database/url.ts';
import { type DomainCheck, type Finding, misconfigured, pass, warn } from '../../doctor/check.ts';
import { type ReadHead, readHead } from '../../jobs/views/publication/read-revision.ts';
import { replicaUrls } from './replica-urls.ts';
import { readReplicationLag } from './replication-lag.ts';

/** As --replica-lag has it by default. */
const LAG_SECONDS_MAX = 10;

export const replicasCheck: DomainCheck = {
  name: 'replicas',
  needsSchema: true,
  async run({ database }) {
    const urls = replicaUrls(database.url);
    if (urls.length === 0) return pass('SETTLE_REPLICAS is not set: `settle serve` reads from this database alone');
    return await Promise.all(urls.map((url) => examineReplica(url, database)));
  },
};

async function examineReplica(url: string, primary: Database): Promise<Finding> {
  const parsed = parseDatabaseUrl(url);
  const name = `the replica ${parsed.displayUrl}`;
  let replica: Database | undefined;
  try {
    replica = await openDatabase(url, { create: false, poolSizeMax: 1 });
    const lag = await readReplicationLag(replica.knex);
    const own = await readHead(replica.knex);
    // Read later: a replica that is ahead of it is none.
    return findingOf(name, own, await readHead(primary.knex), lag);
  } catch (error) {
    const { message } = toSettleError(error, parsed.displayUrl);
    return warn(`${name} cannot be read: ${message}`, '`settle serve` reads from the primary as long as it is so');
  } finally {
    await replica?.close();
  }
}

function findingOf(
  name: string,
  own: ReadHead | undefined,
  theirs: ReadHead | undefined,
  lag: Awaited<ReturnType<typeof readReplicationLag>>,
): Finding {
  if (own?.identity !== theirs?.identity || (own?.revision ?? 0n) > (theirs?.revision ?? 0n)) {
    return misconfigured(`${name} is no replica of this database`, 'correct SETTLE_REPLICAS: nothing is read from it');
  }
  const look = 'look at SHOW REPLICA STATUS there; `settle serve` reads from the primary as long as it is so';
  if (lag !== undefined && lag.seconds === undefined) return warn(`${name} does not replicate: ${lag.reason}`, look);
  if (lag?.seconds !== undefined && lag.seconds > LAG_SECONDS_MAX) {
    return warn(`${name} is ${lag.seconds} s behind`, look);
  }
  const has = own?.revision === theirs?.revision ? 'has all that is published' : 'lacks what was published last';
  return pass(`${name} ${has}${lag === undefined ? '' : `, and is ${lag.seconds} s behind`}`);
}
