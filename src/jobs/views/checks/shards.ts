/** The shards of SETTLE_SHARDS and the replicas of the view log: does each answer, and has it the rows that a run reads? */
import type { Database } from '../../../database/database.ts';
import { toSettleError } from '../../../database/errors.ts';
import { openDatabase } from '../../../database/open.ts';
import { displayUrl } from '../../../database/url.ts';
import { type DomainCheck, type Finding, misconfigured, pass, warn } from '../../../doctor/check.ts';
import { shardSettings, viewReplicaUrls } from '../log/log-settings.ts';
import { openShard, requireShards } from '../log/open-log.ts';
import { readPosition, waitForPosition } from '../log/replication-position.ts';
import { examineKey } from './indexes.ts';
import { examineTimes } from './times.ts';

export const shardsCheck: DomainCheck = {
  name: 'shards',
  before: 'clock',
  needsSchema: true,
  async run({ database }) {
    try {
      const settings = shardSettings();
      await requireShards(database);
      if (settings.length === 0) {
        const own = await examineReplicas('the view log', database, viewReplicaUrls(database.url));
        return [pass('SETTLE_SHARDS is not set: the view log is view_log of this database'), ...own];
      }
      const found = await Promise.all(
        settings.map(async ({ name, url, replicaUrls }) => await examineShard(name, url, replicaUrls)),
      );
      return found.flat();
    } catch (error) {
      const { message, hint = '' } = toSettleError(error);
      return misconfigured(message, hint);
    }
  },
};

async function examineShard(name: string, url: string, replicaUrls: readonly string[]): Promise<Finding[]> {
  let shard: Database;
  try {
    shard = await openShard(name, url, 1);
  } catch (error) {
    const { message, hint = 'a date is not settled without all of its rows' } = toSettleError(error);
    return [misconfigured(message, hint)];
  }
  try {
    const own = [await examineKey(shard), await examineTimes(shard), ...(await examineServer(shard))];
    const named = own.map((finding) => ({ ...finding, message: `the shard ${name}: ${finding.message}` }));
    return [...named, ...(await examineReplicas(`the shard ${name}`, shard, replicaUrls))];
  } finally {
    await shard.close();
  }
}

async function examineServer({ dialect, knex }: Database): Promise<Finding[]> {
  if (dialect.name === 'sqlite') return [];
  const [[{ version }]] = await knex.raw('SELECT VERSION() AS version');
  if (!/vitess/i.test(String(version))) return [];
  return [
    pass('it is Vitess: rows are read as text, since its prepared statements have given wrong ones in OLAP mode'),
  ];
}

async function examineReplicas(what: string, primary: Database, urls: readonly string[]): Promise<Finding[]> {
  if (urls.length === 0) return [];
  const position = await readPosition(primary);
  if (position === undefined) {
    return [
      misconfigured(
        `${what}: its primary keeps no GTIDs, so none of its replicas is read`,
        'switch on its binary log (and gtid_mode on MySQL), or take the replicas away',
      ),
    ];
  }
  return await Promise.all(urls.map(async (url) => await examineReplica(what, url, position)));
}

async function examineReplica(what: string, url: string, position: string): Promise<Finding> {
  const name = `${what}: the replica ${displayUrl(url)}`;
  const next = 'runs read from the primary as long as it is so';
  let replica: Database | undefined;
  try {
    replica = await openDatabase(url, { create: false, poolSizeMax: 1 });
    return (await waitForPosition(replica, position, 1))
      ? pass(`${name} has what its primary has`)
      : warn(`${name} does not have what its primary had a second ago`, next);
  } catch (error) {
    return warn(`${name} cannot be read: ${toSettleError(error).message}`, next);
  } finally {
    await replica?.close();
  }
}
