/** Case `relay`: notifications of a night to an HTTP receiver, a Redis Stream and Kafka, beside a plain loop over a ZSET. */
import { Redis } from 'ioredis';
import { environment } from '../../environment.ts';
import type { BenchCase } from '../case.ts';
import { countOf, type RelayTarget, settleRelay } from '../contenders/settle-relay.ts';
import { zsetLoop } from '../contenders/zset-loop.ts';
import { countRecords, makeTopic } from '../relay/kafka-topic.ts';
import { startReceiver } from '../relay/receiver.ts';

const MESSAGES_MAX = 300_000;
const MESSAGES_CI = 2_000;
/** Answers of 500, of a receiver that fails. */
const FAILING = 0.1;
/** One request a message: a part of the messages says as much. */
const ZSET_SHARE = 0.1;
const STREAM = 'settle:bench:stream';
const TOPIC = 'settle-bench';
const NO_REDIS = 'no Redis; name it by SETTLE_REDIS_URL';
const NO_KAFKA = 'no Kafka; name it by SETTLE_BENCH_KAFKA, HOST:PORT';

export const relayCase: BenchCase = {
  name: 'relay',
  title: 'Notifications delivered',
  description:
    'Messages that wait in the outbox (as many as rows are asked for, 300,000 at most) are delivered by `settle relay --once`, the start of its ' +
    'process included; its receivers are on the same machine. Beside it a tenth of them by a loop over a Redis ZSET, which pops a ' +
    'message before it delivers it, by a request each, and loses it when it dies. A receiver that fails answers one request in ten by 500.',
  needsData: false,
  onRequest: true,
  unit: 'messages',
  ratios: [
    { name: 'zset-1', of: 'settle-http', against: 'zset-1' },
    { name: 'zset-8', of: 'settle-http', against: 'zset-8', target: 2 },
  ],
  async contenders(context) {
    const { spec, options } = context;
    const messages = options.isCi ? MESSAGES_CI : Math.min(MESSAGES_MAX, spec.rows);
    const database = await context.openEmpty('relay');
    const redisUrl = environment().SETTLE_REDIS_URL ?? '';
    const kafka = environment().SETTLE_BENCH_KAFKA ?? '';
    const [sound, failing] = [await startReceiver(0), await startReceiver(FAILING)];
    const redisReason = async () => (redisUrl === '' ? NO_REDIS : undefined);
    const targets: RelayTarget[] = [
      { name: 'settle-http', label: 'settle, HTTP', sink: sound.url, count: countOf(sound) },
      { name: 'settle-http-failing', label: 'settle, HTTP, 10 % fail', sink: failing.url, count: countOf(failing) },
      {
        name: 'settle-stream',
        label: 'settle, Redis Stream',
        sink: `${redisUrl.replace(/\/\d*$/, '')}/${encodeURIComponent(STREAM)}?maxlen=100000000`,
        count: async () => await lengthOf(redisUrl),
        reasonAgainst: redisReason,
      },
      {
        name: 'settle-kafka',
        label: 'settle, Kafka',
        sink: `kafka://${kafka}/${TOPIC}`,
        count: async () => await countRecords(kafka, TOPIC),
        reasonAgainst: async () => (kafka === '' ? NO_KAFKA : await makeTopic(kafka, TOPIC)),
      },
    ];
    const loops = [1, 8].flatMap((workers) => [
      { workers, receiver: sound, name: `zset-${workers}`, label: `ZSET, ${workers} at a time` },
      { workers, receiver: failing, name: `zset-${workers}-failing`, label: `ZSET, ${workers} at a time, 10 % fail` },
    ]);
    return [
      ...targets.map((target) => settleRelay(context, database, messages, target)),
      ...loops.map((loop) =>
        zsetLoop(context, {
          ...loop,
          redisUrl,
          messages: Math.ceil(messages * ZSET_SHARE),
          reasonAgainst: redisReason,
        }),
      ),
    ];
  },
};

async function lengthOf(url: string): Promise<number> {
  const redis = new Redis(url);
  try {
    return await redis.xlen(STREAM);
  } finally {
    redis.disconnect();
  }
}
