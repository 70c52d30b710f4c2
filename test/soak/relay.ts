/**
 * Kills the relay at random, again and again, while messages wait:
 *
 *   node test/soak/relay.ts DATABASE_URL [KILLS=200] [WAITING=100000]
 *
 * Every message that was committed must arrive, the first time in order for its key; none that was rolled back may. What
 * arrives twice is counted a kill, and must have an attempt in the history whose end nobody knew. The receiver goes away
 * now and then, too. Prints JSON; ends with 1 where something is wrong.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { platformMigrations } from '../../migrations/index.ts';
import { migrate } from '../../src/database/migrate.ts';
import { openDatabase } from '../../src/database/open.ts';
import { readOutboxState } from '../../src/jobs/outbox/store/outbox-state.ts';
import { postToOutbox } from '../../src/outbox/post-to-outbox.ts';

const [url, kills = '200', waiting = '100000'] = process.argv.slice(2);
const KEYS = 5_000;
/** So that a relay is on its way most of the time. */
const ANSWER_MS = 150;
const settle = fileURLToPath(new URL('../../bin/settle.js', import.meta.url));

const database = await openDatabase(url);
await migrate(database, platformMigrations);
let posted = 0;
async function post(count: number): Promise<void> {
  for (let left = count; left > 0; left -= 10_000) {
    const some = Math.min(left, 10_000);
    const messages = (text: string) =>
      Array.from({ length: some }, (_, n) => ({ topic: 'soak', key: `key/${(posted + n) % KEYS}`, payload: text }));
    await database
      .transaction(async (tx) => {
        await postToOutbox(tx, database, messages('"rolled back"').slice(0, 10));
        throw new Error('rolled back');
      })
      .catch(() => {});
    await database.transaction((tx) => postToOutbox(tx, database, messages('"committed"')));
    posted += some;
  }
}

const arrivals = new Map<number, number>();
/** Which relay a message came from last: the repeat is its kill's. */
const cameFrom = new Map<number, number>();
let relay = 0;
const aKill: number[] = [];
const lastOfKey = new Map<string, number>();
const faults: string[] = [];
let repeats = 0;
function take(messages: { id: number; key: string; payload: string }[]): void {
  for (const { id, key, payload } of messages) {
    if (payload !== 'committed') faults.push(`${id} was rolled back`);
    const times = arrivals.get(id) ?? 0;
    arrivals.set(id, times + 1);
    if (times > 0) {
      repeats++;
      const from = cameFrom.get(id) ?? relay;
      aKill[from] = (aKill[from] ?? 0) + 1;
    }
    cameFrom.set(id, relay);
    if (times === 0 && (lastOfKey.get(key) ?? 0) > id) faults.push(`${id} comes after ${lastOfKey.get(key)} of ${key}`);
    lastOfKey.set(key, Math.max(id, lastOfKey.get(key) ?? 0));
  }
}

let port = 0;
async function listen(): Promise<Server> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      take(JSON.parse(Buffer.concat(parts).toString()));
      setTimeout(() => response.writeHead(204).end(), Math.random() * ANSWER_MS);
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
  return server;
}

let receiver = await listen();
await post(Number(waiting));
for (let kill = 1; kill <= Number(kills); kill++) {
  const had = arrivals.size;
  relay = kill;
  const child = spawn(process.execPath, [settle, 'relay', '--sink', `http://127.0.0.1:${port}/hook`], {
    env: { ...process.env, SETTLE_DATABASE_URL: url, SETTLE_LOG: 'silent' },
    stdio: 'ignore',
  });
  for (let waited = 0; arrivals.size === had && waited < 30_000; waited += 20) await sleep(20);
  await sleep(Math.random() * 700);
  child.kill('SIGKILL');
  await once(child, 'exit');
  // What was on its way arrives, or is lost with the connection.
  await sleep(50);
  if (kill % 20 === 0) {
    receiver.closeAllConnections();
    receiver.close();
    await sleep(200);
    receiver = await listen();
  }
  await post(arrivals.size - had);
}
const end = spawn(process.execPath, [settle, 'relay', '--once', '--sink', `http://127.0.0.1:${port}/hook`], {
  env: { ...process.env, SETTLE_DATABASE_URL: url },
  stdio: ['ignore', 'ignore', 'inherit'],
});
relay++;
const [code] = await once(end, 'exit');
if (code !== 0) faults.push(`the last relay ended with ${code}`);
const { waiting: left, dead } = await readOutboxState(database);
const ids: unknown[] = await database.knex('settle_outbox').pluck('id');
const missing = ids.map(Number).filter((id) => !arrivals.has(id));
if (missing.length > 0 || left > 0 || dead > 0 || ids.length !== posted || arrivals.size !== posted)
  faults.push(`${posted} posted, ${arrivals.size} arrived, ${missing.length} missing, ${left} waiting, ${dead} dead`);
const known: unknown[] = await database.knex('settle_outbox_attempt').where({ outcome: 'unknown' }).pluck('outbox_id');
const named = new Set(known.map(Number));
const unnamed = [...arrivals].filter(([id, times]) => times > 1 && !named.has(id)).length;
if (unnamed > 0) faults.push(`${unnamed} came twice and are not named`);
const worst = Math.max(0, ...aKill.filter((some) => some !== undefined));
const summary = {
  kills: Number(kills),
  posted,
  repeats,
  worstAKill: worst,
  meanAKill: repeats / Number(kills),
  named: named.size,
};
process.stdout.write(`${JSON.stringify({ ...summary, unnamed, faults: faults.length, first: faults.slice(0, 5) })}\n`);
receiver.closeAllConnections();
receiver.close();
await database.close();
process.exitCode = faults.length > 0 ? 1 : 0;
