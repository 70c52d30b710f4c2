/**
 * How long the online check of a view takes beside a million live keys, on a Redis of its own:
 *
 *   node test/soak/view-check.ts [keys] [checks]
 *
 * Prints one JSON object a size of pipeline: milliseconds of a round trip, and views a second.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { RedisViewCheck } from '../../src/jobs/views/online/view-check.ts';

const PORT = 16_399;
const PIPELINE = 5_000;
const [keys = 1_000_000, checks = 5_000] = process.argv.slice(2).map(Number);

const server = spawn(
  'redis-server',
  ['--port', String(PORT), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
  {
    stdio: 'ignore',
  },
);
const redis = new Redis({ port: PORT, host: '127.0.0.1' });
redis.on('error', () => {});
try {
  while (redis.status !== 'ready') await sleep(50);
  for (let from = 0; from < keys; from += PIPELINE) {
    const pipeline = redis.pipeline();
    // They live for longer than 30 s, so that all do until the end.
    for (let at = from; at < from + PIPELINE; at++)
      pipeline.set(`settle:view:${at}:${at % 1_000}`, '1:m', 'PX', 900_000);
    await pipeline.exec();
  }
  const check = await RedisViewCheck.open(`redis://127.0.0.1:${PORT}`);
  for (const size of [1, 100, 1_000]) {
    const ms: number[] = [];
    let unchecked = 0;
    const rounds = Math.max(200, Math.floor(checks / size));
    const started = performance.now();
    for (let round = 0; round < rounds; round++) {
      const views = Array.from({ length: size }, (_, at) => {
        // Half of them meet a key that lives.
        const viewer = at % 2 === 0 ? (round * 7_919 + at * 104_729) % keys : keys + round * size + at;
        return { pair: `${viewer}:${viewer % 1_000}`, viewedAt: 1_795_000_000_000, mark: String(round) };
      });
      const begun = performance.now();
      if ((await check.check(views)) === undefined) unchecked++;
      ms.push(performance.now() - begun);
    }
    const seconds = (performance.now() - started) / 1_000;
    ms.sort((a, b) => a - b);
    const at = (share: number) => Number(ms[Math.floor((ms.length - 1) * share)].toFixed(2));
    const figures = { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
    const aSecond = Math.round((rounds * size) / seconds);
    console.log(
      JSON.stringify({ keys: await redis.dbsize(), size, rounds, ...figures, viewsASecond: aSecond, unchecked }),
    );
  }
  check.close();
} finally {
  redis.disconnect();
  server.kill();
  await once(server, 'exit');
}
