/** Case `relay-delay`: how long messages take from their posting to the receiver, with and without keys that it refuses. */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { postToOutbox } from '../../outbox/post-to-outbox.ts';
import type { AttemptResult, BenchCase, CaseContext, Contender } from '../case.ts';
import { startReceiver } from '../relay/receiver.ts';

const KEYS = 5_000;
const POISON_OF = 100;
const POST_MS = 100;
const POSTED_AT_ONCE = 100;
const POSTS = 200;
const POSTS_CI = 20;
/** Ended by SIGTERM. */
const TERMINATED = 143;
const ARRIVE_MS_MAX = 60_000;

export const relayDelayCase: BenchCase = {
  name: 'relay-delay',
  title: 'Delay of notifications beside poison',
  description:
    `While \`settle relay\` runs, ${POSTED_AT_ONCE} messages are posted every ${POST_MS} ms, over ${KEYS.toLocaleString('en-US')} keys. With poison, ` +
    `the receiver answers every request that has a message of one key in ${POISON_OF} by 500. The delay is that of the other keys.`,
  needsData: false,
  onRequest: true,
  unit: 'messages',
  ratios: [],
  figures: [
    { name: 'delayP50', label: 'delay, median', unit: 'ms' },
    { name: 'delayP99', label: 'delay, p99', unit: 'ms' },
  ],
  contenders: async (context) => [
    relaying(context, 'settle-sound', 'settle, no poison', false),
    relaying(context, 'settle-poison', `settle, 1 key in ${POISON_OF} is refused`, true),
  ],
};

function relaying(context: CaseContext, name: string, label: string, isPoisoned: boolean): Contender {
  return { name, label, role: 'settle', run: () => measure(context, name, isPoisoned) };
}

async function measure(context: CaseContext, name: string, isPoisoned: boolean): Promise<AttemptResult> {
  // Each has a database of its own: what is refused stays behind.
  const database = await context.openEmpty(name);
  const receiver = await startReceiver(0);
  let child: ChildProcess | undefined;
  const relaying = context.runSettle(['relay', '--sink', receiver.url], {
    database,
    env: { SETTLE_LOG: 'error' },
    exitCodes: [TERMINATED],
    onStart: (started) => {
      child = started;
    },
  });
  const post = async (first: number, keyOf: (n: number) => string, count = POSTED_AT_ONCE) =>
    await database.transaction((tx) =>
      postToOutbox(
        tx,
        database,
        Array.from({ length: count }, (_, n) => ({ topic: 'delay', key: keyOf(first + n), payload: `{"n":${n}}` })),
      ),
    );
  let arrived = 0;
  const ask = async () => {
    const told = await receiver.received();
    arrived += told.ids;
    return told;
  };
  const until = async (count: number) => {
    for (let waited = 0; arrived < count && waited < ARRIVE_MS_MAX; waited += POST_MS) {
      await sleep(POST_MS);
      await ask();
    }
  };
  try {
    // Its start is not part of the delay.
    await post(0, (n) => `first/${n}`);
    await until(POSTED_AT_ONCE);
    arrived = 0;
    let others = 0;
    const keyOf = (n: number) => {
      const key = n % KEYS;
      if (isPoisoned && key % POISON_OF === 0) return `poison/${key}`;
      others++;
      return `sound/${key}`;
    };
    const posts = context.options.isCi ? POSTS_CI : POSTS;
    const started = performance.now();
    for (let n = 0; n < posts; n++) {
      await sleep(Math.max(0, started + n * POST_MS - performance.now()));
      await post(n * POSTED_AT_ONCE, keyOf);
    }
    // What arrives is asked for once: the delays are those of all.
    await sleep(1_000);
    const { delayP50, delayP99 } = await ask();
    await until(others);
    const seconds = (performance.now() - started) / 1000;
    const wrong = arrived === others ? {} : { wrong: `${arrived} of ${others} arrived` };
    return { seconds, rows: others, figures: { delayP50, delayP99 }, ...wrong };
  } finally {
    child?.kill('SIGTERM');
    await relaying;
  }
}
