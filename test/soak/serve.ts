/**
 * What `settle serve` answers under load, by strategy, with and without a replica, and while Redis is stopped and killed:
 *
 *   node test/soak/serve.ts [SECONDS] [drill]
 *
 * Starts a MariaDB, its replica and a Redis of its own, fills them with a million views of 10,000 videos over a week, settles
 * them, and prints a line of JSON for each load. `drill`: only that of Redis. Client, service and servers share this machine.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { load } from '../../src/bench/serve/load.ts';
import { runSettle, startSettle } from '../support/run-settle.ts';
import { startPrivateRedis } from '../support/servers/private-redis.ts';
import { startReplication } from '../support/servers/replication.ts';

const seconds = Number(process.argv[2] ?? 6);
const FROM = '2026-11-14';
const TO = '2026-11-20';
const TOP = [`/api/v1/rankings?date=${TO}&kind=week`];
/** Of many videos: a thousand keys. */
const MONTHS = Array.from(
  { length: 1_000 },
  (_, n) => `/api/v1/videos/${n * 10 + 1}/days?from=2026-11-01&to=2026-11-30`,
);
const say = (line: object) => console.log(JSON.stringify(line));

const servers = await startReplication('mariadb');
await servers.primary.admin.query('CREATE DATABASE platform CHARACTER SET utf8mb4 COLLATE utf8mb4_bin');
const url = `${servers.primary.url}platform`;
const replicaUrl = `${servers.replica.url}platform`;
let redis = await startPrivateRedis();
const settle = async (...args: string[]) => {
  const { code, stderr } = await runSettle(args, { url, timeoutMs: 900_000 });
  if (code !== 0 && code !== 3) throw new Error(stderr);
};
await settle('migrate');
await settle('seed', '--date', FROM, '--days', '7', '--rows', '1000000', '--videos', '10000', '--viewers', '200000');
await settle('backfill', '--from', FROM, '--to', TO);
say({ filled: await count('view_log'), videos: await count('video'), settled: await count('video_daily_stats') });

async function count(table: string): Promise<number> {
  const [rows] = await servers.primary.admin.query(`SELECT COUNT(*) AS rows_there FROM platform.${table}`);
  return Number((rows as { rows_there: number }[])[0].rows_there);
}

/** Seconds of processor that a process has taken; Linux counts in hundredths. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function serve(flags: readonly string[], env: Record<string, string>) {
  const args = ['serve', '--listen', '127.0.0.1:0', ...flags];
  const { child, outcome } = startSettle(args, { url, env, timeoutMs: 3_600_000 });
  const base = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stderr.on('data', (data: Buffer) => {
      text += data;
      const found = /serving at (\S+)\//.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('close', () => reject(new Error(text)));
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await outcome;
  };
  return { base, stop, pid: child.pid! };
}

const memory = ['--cache-mb', '64'];
const inRedis = () => ['--cache-mb', '0', '--redis', redis.url];
const withReplica = { SETTLE_REPLICAS: replicaUrl };
const onlyDrill = process.argv[3] === 'drill';
const kinds: [string, string[], Record<string, string>][] = [
  ['none', ['--cache', 'none'], {}],
  ['none, replica', ['--cache', 'none'], withReplica],
  ['update, memory', ['--cache', 'update', ...memory], {}],
  ['evict, memory', ['--cache', 'evict', ...memory], {}],
  ['evict, memory, replica', ['--cache', 'evict', ...memory], withReplica],
  ['update, Redis', ['--cache', 'update', ...inRedis()], {}],
  ['evict, Redis', ['--cache', 'evict', ...inRedis()], {}],
];
for (const [kind, flags, env] of onlyDrill ? [] : kinds) {
  const service = await serve(flags, env);
  for (const [what, paths] of Object.entries({ top: TOP, month: MONTHS })) {
    for (const connections of [100, 500, 1_000]) {
      const before = cpuSeconds(service.pid);
      const told = await load({ url: service.base, paths, connections, seconds });
      // Of all answers, those of the two seconds before included.
      const cpuMs = ((cpuSeconds(service.pid) - before) * 1_000) / (told.perSecond * seconds + told.warm);
      say({ kind, what, connections, ...rounded(told), cpuMs: Math.round(cpuMs * 1_000) / 1_000 });
    }
  }
  await service.stop();
}

// Redis is stopped, goes on, is killed, and comes back empty, each a sixth of the time.
const service = await serve(['--cache', 'evict', ...inRedis()], {});
const partMs = 5_000;
for (const [what, paths] of Object.entries({ top: TOP, month: MONTHS })) {
  const loading = load({ url: service.base, paths, connections: 100, seconds: (6 * partMs) / 1_000 });
  await sleep(2_000 + partMs);
  redis.signal('SIGSTOP');
  await sleep(partMs);
  redis.signal('SIGCONT');
  await sleep(partMs);
  await redis.stop();
  await sleep(partMs);
  redis = await startPrivateRedis('--port', String(redis.port));
  say({ kind: 'Redis stopped and killed', what, connections: 100, ...rounded(await loading) });
}
await service.stop();
await redis.stop();
await servers.replica.stop();
await servers.primary.stop();

function rounded(values: object): object {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Math.round(Number(value) * 10) / 10]));
}
