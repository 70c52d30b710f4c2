/** A server and its replica, both of one test file's own. */
import { type Connection, createConnection } from 'mysql2/promise';
import { dockerAnswers, findProgram } from './find-program.ts';
import { startSpareMariadb } from './mariadb.ts';
import { startSpareMysql, whyNoSpareMysql } from './mysql.ts';
import type { Server } from './private-process.ts';

export type ReplicationKind = 'mariadb' | 'mysql';

export interface ReplicatedServer {
  readonly url: string;
  /** Of an administrator. */
  readonly admin: Connection;
  /** Kills it. Idempotent. */
  stop(): Promise<void>;
}

export interface Replication {
  readonly primary: ReplicatedServer;
  readonly replica: ReplicatedServer;
  /** Statements on the replica. */
  readonly sql: { readonly start: string; readonly stop: string };
}

/** Containers do not reach each other by the addresses that a test sees. */
export async function whyNoReplication(kind: ReplicationKind): Promise<string | undefined> {
  if (await dockerAnswers()) return 'servers in containers do not reach each other';
  if (kind === 'mysql') return await whyNoSpareMysql();
  return findProgram('mariadbd') === undefined ? 'there is no mariadbd on this machine' : undefined;
}

export async function startReplication(kind: ReplicationKind): Promise<Replication> {
  const [primary, replica] = await Promise.all([startOne(kind, 1), startOne(kind, 2)]);
  const port = Number(new URL(primary.url).port);
  if (kind === 'mariadb') {
    await replica.admin.query(
      `CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=${port}, MASTER_USER='root', MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1`,
    );
  } else {
    await replica.admin.query(
      `CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=${port}, SOURCE_USER='root', SOURCE_AUTO_POSITION=1, SOURCE_CONNECT_RETRY=1, GET_SOURCE_PUBLIC_KEY=1`,
    );
  }
  const sql =
    kind === 'mariadb'
      ? { start: 'START SLAVE', stop: 'STOP SLAVE SQL_THREAD' }
      : { start: 'START REPLICA', stop: 'STOP REPLICA SQL_THREAD' };
  await replica.admin.query(sql.start);
  return { primary, replica, sql };
}

async function startOne(kind: ReplicationKind, id: number): Promise<ReplicatedServer> {
  const gtid = kind === 'mysql' ? ['--gtid-mode=ON', '--enforce-gtid-consistency=ON'] : [];
  const options = ['--log-bin=bin', `--server-id=${id}`, '--sync-binlog=0', ...gtid];
  const server: Server | undefined = await (kind === 'mariadb' ? startSpareMariadb(options) : startSpareMysql(options));
  if (server === undefined) throw new Error(`no ${kind}`);
  const admin = await createConnection({ uri: server.url });
  admin.on('error', () => {});
  let stopping: Promise<void> | undefined;
  return {
    url: server.url,
    admin,
    stop: () => {
      admin.destroy();
      stopping ??= server.stop();
      return stopping;
    },
  };
}
