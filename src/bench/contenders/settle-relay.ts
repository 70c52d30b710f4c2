/** The relay as a user starts it, `settle relay --once`, on messages that are posted before the clock runs. */
import type { Database } from '../../database/database.ts';
import { readOutboxState } from '../../jobs/outbox/store/outbox-state.ts';
import { postToOutbox } from '../../outbox/post-to-outbox.ts';
import type { AttemptResult, CaseContext, Contender } from '../case.ts';
import type { Receiver } from '../relay/receiver.ts';

const POSTED_A_TRANSACTION = 10_000;
const USERS = 50_000;

export interface RelayTarget extends Pick<Contender, 'name' | 'label'> {
  readonly sink: string;
  /** How many messages the sink has by now, each counted once. */
  count(): Promise<number>;
  /** Why it cannot be had; undefined: it answers. */
  reasonAgainst?(): Promise<string | undefined>;
}

export function settleRelay(
  context: CaseContext,
  database: Database,
  messages: number,
  { name, label, sink, count, reasonAgainst }: RelayTarget,
): Contender {
  return {
    name,
    label,
    role: 'settle',
    ...(reasonAgainst === undefined ? {} : { prepare: reasonAgainst }),
    async run(): Promise<AttemptResult> {
      await post(database, messages);
      // Those that an attempt before left are delivered, too.
      const { waiting } = await readOutboxState(database);
      const before = await count();
      const args = ['relay', '--once', '--sink', sink];
      const { wallSeconds } = await context.runSettle(args, { database, env: { SETTLE_LOG: 'error' } });
      const arrived = (await count()) - before;
      const wrong = arrived === waiting ? {} : { wrong: `${arrived} of ${waiting} arrived` };
      return { seconds: wallSeconds, wallSeconds, rows: waiting, ...wrong };
    },
  };
}

/** What a receiver has got over all of its life. */
export function countOf(receiver: Receiver): () => Promise<number> {
  let total = 0;
  return async () => {
    total += (await receiver.received()).ids;
    return total;
  };
}

/** As one of a settlement's notifications. */
export function messageOf(n: number): { topic: string; key: string; payload: string } {
  const user = n % USERS;
  return {
    topic: 'challenge.success',
    key: `challenge:${n % (USERS / 5)}:member:${user}`,
    payload: `{"challengeId":"${n}","userId":"${user}","verdict":"success","stake":"1000","payout":"1250"}`,
  };
}

async function post(database: Database, count: number): Promise<void> {
  for (let at = 0; at < count; at += POSTED_A_TRANSACTION) {
    const some = Array.from({ length: Math.min(POSTED_A_TRANSACTION, count - at) }, (_, n) => messageOf(at + n));
    await database.transaction((tx) => postToOutbox(tx, database, some));
  }
}
