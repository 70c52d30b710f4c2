/**
 * The doorbell on Redis: a queue of BullMQ whose messages wake workers that wait. A message is done with as soon as it is
 * heard; nothing is decided by it, and Redis may lose, double or keep back any of them.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobsOptions, Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Logger } from 'pino';
import type { Doorbell, Ring } from '../engine/doorbell.ts';
import { parseRedisUrl } from '../redis/redis-options.ts';

export interface DoorbellOptions {
  /** Whether this process waits for it; else it only rings. */
  readonly isHeard: boolean;
  /** What the queue belongs to: workers of another database have another one. */
  readonly database: string;
  readonly logger: Logger;
}

const PREFIX = 'settle';
/** So many messages are sent at a time: whoever one of them wakes takes what is left, too. */
const RINGS_MAX = 128;
/** A server that is silent for so long is not there. */
const ANSWER_MS_MAX = 3_000;
const PING_MS = 2_000;
const CLOSE_MS_MAX = 2_000;
const RECONNECT_MS_MAX = 5_000;

const MESSAGE: JobsOptions = { attempts: 1, removeOnComplete: true, removeOnFail: true };

/** Does not wait for Redis: until it answers, nothing is sent and nothing is heard. @throws SettleError of the URL's form */
export async function openDoorbell(url: string, options: DoorbellOptions): Promise<Doorbell> {
  const connection = parseRedisUrl(url, '--queue');
  // Late: hardly a start needs them, and they take long to load.
  const [{ Queue, Worker }, { Redis }] = await Promise.all([import('bullmq'), import('ioredis')]);
  const redis = new Redis({
    ...connection,
    // As workers of BullMQ must have it.
    maxRetriesPerRequest: null,
    retryStrategy: (times) => Math.min(RECONNECT_MS_MAX, 100 * 2 ** Math.min(times, 10)),
  });
  const bell = new BullDoorbell(redis, options.logger);
  const name = `workers-${createHash('sha256').update(options.database).digest('hex').slice(0, 12)}`;
  const shared = { connection: redis, prefix: PREFIX, skipVersionCheck: true };
  bell.use(
    new Queue(name, shared),
    options.isHeard ? new Worker(name, async () => bell.hear(), { ...shared, concurrency: 1 }) : undefined,
  );
  return bell;
}

/** Of which a message that waits already is not sent again. */
function nameOf({ instance, step, plan, partition, epoch }: Ring): string {
  return ['r', instance, plan, partition, epoch, step.replaceAll(':', '_')].join('-');
}

class BullDoorbell implements Doorbell {
  readonly #redis: Redis;
  readonly #copies: Redis[] = [];
  readonly #logger: Logger;
  readonly #pings: NodeJS.Timeout;
  #queue: Queue | undefined;
  #worker: Worker | undefined;
  /** When what has not been answered yet was asked. */
  #askedAtMs: number | undefined;
  #sending: Promise<void> | undefined;
  #hasRung = false;
  #wake: (() => void) | undefined;
  #isClosed = false;
  #wasThere: boolean | undefined;

  constructor(redis: Redis, logger: Logger) {
    this.#redis = redis;
    this.#logger = logger;
    redis.on('error', (err: Error) => logger.debug({ err }, 'the queue: Redis'));
    // BullMQ blocks on a connection of its own: it must be ended with the others, also where Redis does not answer.
    const duplicate = redis.duplicate.bind(redis);
    redis.duplicate = (override) => {
      const copy = duplicate(override);
      copy.on('error', () => {});
      this.#copies.push(copy);
      return copy;
    };
    this.#pings = setInterval(() => this.#ping(), PING_MS);
    this.#pings.unref();
  }

  use(queue: Queue, worker: Worker | undefined): void {
    this.#queue = queue;
    this.#worker = worker;
    const note = (err: Error) => this.#logger.debug({ err }, 'the queue');
    queue.on('error', note);
    worker?.on('error', note);
  }

  get isThere(): boolean {
    const isSilent = this.#askedAtMs !== undefined && performance.now() - this.#askedAtMs > ANSWER_MS_MAX;
    return this.#redis.status === 'ready' && !isSilent;
  }

  ring(rings: readonly Ring[]): void {
    if (rings.length === 0 || this.#sending !== undefined || this.#queue === undefined) return;
    if (this.#isClosed || !this.isThere) return;
    const jobs = rings
      .slice(0, RINGS_MAX)
      .map((ring) => ({ name: 'take', data: ring, opts: { ...MESSAGE, jobId: nameOf(ring) } }));
    this.#sending = this.#ask(this.#queue.addBulk(jobs)).finally(() => {
      this.#sending = undefined;
    });
  }

  /** A message has come. */
  hear(): void {
    this.#hasRung = true;
    this.#wake?.();
  }

  async wait(ms: number, signal: AbortSignal): Promise<void> {
    this.#tellWhetherThere();
    if (!this.#hasRung && !signal.aborted) {
      // While this process is busy, messages are for others.
      if (this.#worker?.isPaused()) void this.#worker.resume();
      const woken = new AbortController();
      this.#wake = () => woken.abort();
      await sleep(ms, undefined, { signal: AbortSignal.any([signal, woken.signal]) }).catch(() => {});
      this.#wake = undefined;
    }
    if (this.#hasRung) void this.#worker?.pause(true).catch(() => {});
    this.#hasRung = false;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#pings);
    const closing = (async () => {
      await this.#sending;
      await Promise.allSettled([this.#worker?.close(true), this.#queue?.close()]);
    })();
    await Promise.race([closing, sleep(CLOSE_MS_MAX)]);
    for (const one of [this.#redis, ...this.#copies]) one.disconnect();
  }

  #ping(): void {
    if (this.#askedAtMs === undefined && this.#redis.status === 'ready') void this.#ask(this.#redis.ping());
  }

  async #ask(answer: Promise<unknown>): Promise<void> {
    this.#askedAtMs ??= performance.now();
    try {
      await answer;
    } catch (err) {
      if (!this.#isClosed) this.#logger.debug({ err }, 'the queue did not take it');
    } finally {
      this.#askedAtMs = undefined;
    }
  }

  #tellWhetherThere(): void {
    const isThere = this.isThere;
    if (this.#wasThere === true && !isThere) {
      this.#logger.warn('the queue does not answer: work is looked for in the database alone');
    } else if (this.#wasThere === false && isThere) this.#logger.info('the queue answers');
    this.#wasThere = isThere;
  }
}
