/** The loop of zset-process.ts, filled before the clock runs. */
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { workerModule } from '../../partition/worker-module.ts';
import type { AttemptResult, CaseContext, Contender } from '../case.ts';
import type { Receiver } from '../relay/receiver.ts';
import { messageOf } from './settle-relay.ts';

const KEY = 'settle:bench:zset';
const ADDED_AT_ONCE = 1_000;

export interface ZsetLoop extends Pick<Contender, 'name' | 'label'> {
  readonly workers: number;
  readonly redisUrl: string;
  readonly messages: number;
  readonly receiver: Receiver;
  reasonAgainst(): Promise<string | undefined>;
}

export function zsetLoop(context: CaseContext, loop: ZsetLoop): Contender {
  const { name, label, workers, redisUrl, messages, receiver, reasonAgainst } = loop;
  return {
    name,
    label,
    role: 'peer',
    prepare: reasonAgainst,
    async run(): Promise<AttemptResult> {
      await fill(redisUrl, messages);
      await receiver.received();
      const program = fileURLToPath(workerModule('../relay/zset-process', import.meta.url));
      const args = [program, redisUrl, KEY, receiver.url, String(workers)];
      const { stdout, wallSeconds } = await context.runProcess(process.execPath, args);
      const { seconds } = JSON.parse(stdout) as { seconds: number };
      const { ids } = await receiver.received();
      const wrong = ids === messages ? {} : { wrong: `${ids} of ${messages} arrived` };
      return { seconds, wallSeconds, rows: messages, ...wrong };
    },
  };
}

async function fill(url: string, count: number): Promise<void> {
  const redis = new Redis(url);
  try {
    await redis.del(KEY);
    const createdAt = new Date().toISOString();
    for (let at = 0; at < count; at += ADDED_AT_ONCE) {
      const some = Array.from({ length: Math.min(ADDED_AT_ONCE, count - at) }, (_, n) => at + n);
      await redis.zadd(KEY, ...some.flatMap((n) => [n, JSON.stringify({ id: n, ...messageOf(n), createdAt })]));
    }
  } finally {
    redis.disconnect();
  }
}
