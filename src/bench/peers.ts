/**
 * The other batch programs that settle is compared with. They are found in a folder (`--peers`), which is only read: each
 * is copied to the cache and built there by its own script `run`.
 */
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDatabaseUrl, type ServerUrl } from '../database/url.ts';
import { ExitCode, SettleError } from '../errors.ts';
import { cacheFolder } from './cache-folder.ts';
import { runProcess } from './run-process.ts';

export type Peer = 'spring-batch' | 'nest-batch';

/** What is built or downloaded beside the sources, and is no source. */
const BUILT = /(^|\/)(target|node_modules)(\/|$)/;
const BUILD_MS_MAX = 900_000;
/** Environment in which `run` is asked for nothing: it builds, and fails for want of work or of a database. */
const NOWHERE = { PEER_DB_URL: 'mysql://nobody@127.0.0.1:1/none', PEER_ROWS: '1' };

/** The folder of the peers: given, or `../shared/peers` beside the checkout; undefined when there is none. */
export function findPeers(given: string | undefined): string | undefined {
  if (given !== undefined) return given;
  const beside = fileURLToPath(new URL('../../../shared/peers', import.meta.url));
  return existsSync(beside) ? beside : undefined;
}

/**
 * The peer's program, built.
 * @returns its script `run`, or the reason why there is none
 */
export async function buildPeer(
  folder: string | undefined,
  peer: Peer,
): Promise<{ run: string } | { missing: string }> {
  if (folder === undefined) return { missing: 'no folder with peers; name it by --peers or SETTLE_BENCH_PEERS' };
  const source = join(folder, peer);
  if (!existsSync(join(source, 'run'))) return { missing: `there is no ${peer} in the folder with peers` };
  const files = readdirSync(source, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !BUILT.test(entry.parentPath.slice(source.length)))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const home = cacheFolder(
    peer,
    files.flatMap((path) => [path.slice(source.length), readFileSync(path)]),
  );
  const run = join(home, 'run');
  if (!existsSync(run)) {
    cpSync(source, home, { recursive: true, filter: (path) => !BUILT.test(path.slice(source.length)) });
  }
  try {
    await runProcess(run, [], { env: NOWHERE, timeoutMs: BUILD_MS_MAX, exitCodes: [0, 1, 2] });
  } catch (error) {
    return { missing: `it cannot be built here: ${(error as Error).message}` };
  }
  const product = peer === 'spring-batch' ? 'target/app/peer.jar' : 'node_modules/.bin/node';
  return existsSync(join(home, product))
    ? { run }
    : { missing: `it cannot be built here: its script left no ${product}` };
}

/** Environment by which a peer finds the database. @throws SettleError for a database that it cannot use */
export function peerEnvironment(databaseUrl: string, peer: Peer, isMariadb: boolean): Record<string, string> {
  const url = parseDatabaseUrl(databaseUrl);
  if (url.kind === 'sqlite') throw new SettleError('BENCH_PEER', ExitCode.failed, `${peer} reads no SQLite database`);
  return peer === 'spring-batch' ? springEnvironment(url, isMariadb) : { PEER_DB_URL: databaseUrl };
}

function springEnvironment(url: ServerUrl, isMariadb: boolean): Record<string, string> {
  // MariaDB's driver is the faster one on MySQL too; there it has to ask for the server's key.
  const options = isMariadb ? '' : '?allowPublicKeyRetrieval=true';
  return {
    PEER_JDBC_URL: `jdbc:mariadb://${url.host}:${url.port}/${url.database}${options}`,
    PEER_DB_USER: url.user,
    PEER_DB_PASSWORD: url.password,
  };
}
