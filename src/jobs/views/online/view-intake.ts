/**
 * Takes batches of views: several requests are one group, which is checked by one round trip to Redis and written by one
 * transaction, together with what each view is told. A batch is acknowledged after that commit alone. Its key makes a
 * second post change nothing, also one after a crash between the commit and the answer.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Database } from '../../../database/database.ts';
import { isPrimaryKeyClash } from '../../../database/errors.ts';
import { type RetryPolicy, retryDelayMs } from '../../../engine/retry-policy.ts';
import { isTransient } from '../../../engine/retrying.ts';
import { isSettleError } from '../../../errors.ts';
import { insertNumbered, VIEW_IDS_TAKEN } from '../../import/insert-views.ts';
import type { ViewRow } from '../../import/view-row.ts';
import { isWritten, letterOf, type OnlineVerdict, UNKNOWN_VIDEO, verdictOfLetter } from '../rules/online-verdict.ts';
import type { ArrivedView } from '../rules/online-windows.ts';
import { insertBatches, type NewBatch, readBatches, type StoredBatch } from './batch-store.ts';
import { keyTaken, viewsWaiting } from './intake-errors.ts';
import { isRefused, type PostedView } from './posted-view.ts';
import { VideoOwners } from './video-owners.ts';
import type { ViewCheck } from './view-check.ts';

/** Of one group: one transaction. A batch has as many at most. */
export const VIEWS_MAX = 5_000;
/** Of those that wait and the group under way; beyond it clients are asked to come back. */
const WAITING_VIEWS_MAX = 50_000;
/** While the database is away a client waits no longer than this. */
const retryPolicy: RetryPolicy = { attemptsMax: 20, intervalMs: 20, intervalMsMax: 500, totalMsMax: 5_000 };

export interface PostedBatch {
  readonly key: string;
  /** SHA-256 of the body, hexadecimal. */
  readonly digest: string;
  readonly views: readonly PostedView[];
}

/** What a view is told. */
export interface ViewAnswer {
  readonly verdict: OnlineVerdict;
  /** Its id in the log. */
  readonly id?: bigint;
  /** Of an invalid one. */
  readonly reason?: string;
  readonly detail?: string;
}

export interface BatchAnswer {
  readonly batch: string;
  /** Whether the batch was posted before: then this is what it was told. */
  readonly isRepeated: boolean;
  readonly counts: Readonly<Record<OnlineVerdict, number>>;
  /** In the order of the batch. */
  readonly views: readonly ViewAnswer[];
}

interface Work {
  readonly batch: PostedBatch;
  readonly resolve: (answer: BatchAnswer) => void;
  readonly reject: (error: unknown) => void;
  readonly answer: Promise<BatchAnswer>;
  /** A letter a view, once it is judged: an attempt that failed does not ask Redis again. */
  verdicts?: string;
}

export class ViewIntake {
  readonly #database: Database;
  readonly #check: ViewCheck;
  readonly #logger: Logger;
  readonly #owners: VideoOwners;
  readonly #waiting: Work[] = [];
  readonly #byKey = new Map<string, Work>();
  #views = 0;
  #running: Promise<void> | undefined;

  constructor(database: Database, check: ViewCheck, logger: Logger) {
    this.#database = database;
    this.#check = check;
    this.#logger = logger;
    this.#owners = new VideoOwners(database);
  }

  get isFull(): boolean {
    return this.#views >= WAITING_VIEWS_MAX;
  }

  /**
   * Resolves after the commit.
   * @throws SettleError VIEWS_WAITING (come back later), BATCH_KEY_TAKEN (the key is of another body), or the database's
   */
  async post(batch: PostedBatch): Promise<BatchAnswer> {
    const known = this.#byKey.get(batch.key);
    if (known !== undefined) {
      if (known.batch.digest !== batch.digest) throw keyTaken(batch.key);
      return { ...(await known.answer), isRepeated: true };
    }
    if (this.isFull) throw viewsWaiting(this.#views);
    const { promise: answer, resolve, reject } = Promise.withResolvers<BatchAnswer>();
    const work: Work = { batch, resolve, reject, answer };
    this.#waiting.push(work);
    this.#byKey.set(batch.key, work);
    this.#views += batch.views.length;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    try {
      return await answer;
    } finally {
      this.#byKey.delete(batch.key);
      this.#views -= batch.views.length;
    }
  }

  /** What was posted is written first. */
  async close(): Promise<void> {
    await this.#running;
    this.#check.close();
  }

  async #run(): Promise<void> {
    // Requests that came together are one group.
    await turn();
    while (this.#waiting.length > 0) await this.#finish(this.#takeGroup());
  }

  #takeGroup(): Work[] {
    let views = 0;
    const group: Work[] = [];
    while (this.#waiting.length > 0) {
      const next = this.#waiting[0].batch.views.length;
      if (group.length > 0 && views + next > VIEWS_MAX) break;
      views += next;
      group.push(this.#waiting.shift()!);
    }
    return group;
  }

  /** Never rejects. */
  async #finish(group: readonly Work[]): Promise<void> {
    try {
      await this.#tryToWrite(group);
    } catch (error) {
      // One batch that the table refuses is not the others' fault; a database that is away is away for all.
      if (group.length > 1 && !isTransient(error)) for (const work of group) await this.#finish([work]);
      else for (const { reject } of group) reject(error);
    }
  }

  async #tryToWrite(group: readonly Work[]): Promise<void> {
    const startedMs = performance.now();
    for (let failures = 1; ; failures++) {
      try {
        return await this.#write(group);
      } catch (error) {
        const isWorthIt =
          isTransient(error) || isPrimaryKeyClash(error) || (isSettleError(error) && error.code === VIEW_IDS_TAKEN);
        const delayMs = isWorthIt ? retryDelayMs(retryPolicy, failures, performance.now() - startedMs) : undefined;
        if (delayMs === undefined) throw error;
        this.#logger.debug({ err: error, attempt: failures }, 'views are written again');
        await sleep(delayMs);
      }
    }
  }

  /** Safe to run again after any part of it: what was committed is found by its key. */
  async #write(group: readonly Work[]): Promise<void> {
    const keys = group.map(({ batch }) => batch.key);
    const stored = await readBatches(this.#database.knex, keys);
    const open = group.filter(({ batch }) => !stored.has(batch.key));
    for (const work of group) {
      const found = stored.get(work.batch.key);
      if (found === undefined) continue;
      if (found.digest === work.batch.digest) work.resolve(answerOf(work.batch, found, true));
      else work.reject(keyTaken(found.key));
    }
    if (open.length === 0) return;
    await this.#judge(open.filter(({ verdicts }) => verdicts === undefined));
    const batches = await this.#database.transaction(async (tx) => {
      const rows = open.map(writtenRows);
      const all = rows.flat();
      let next = all.length === 0 ? 0n : (await insertNumbered(this.#database, tx, all)).first;
      const written = open.map(({ batch, verdicts = '' }, at): NewBatch => {
        const firstId = rows[at].length === 0 ? undefined : next;
        next += BigInt(rows[at].length);
        return { key: batch.key, digest: batch.digest, verdicts, firstId, times: timesOf(rows[at]) };
      });
      await insertBatches(this.#database, tx, written);
      return written;
    });
    for (const [at, work] of open.entries()) work.resolve(answerOf(work.batch, batches[at], false));
  }

  /** Gives each view of the batches its letter. */
  async #judge(works: readonly Work[]): Promise<void> {
    const valid = works.flatMap(({ batch }) => batch.views.filter((view): view is ViewRow => !isRefused(view)));
    const creators = await this.#owners.find(valid.map(({ videoId }) => videoId));
    const asked: ArrivedView[] = [];
    const letters = works.map(({ batch }) => {
      const mark = createHash('sha256').update(batch.key).digest('base64url').slice(0, 16);
      return batch.views.map((view) => {
        if (isRefused(view)) return letterOf('invalid');
        const creator = creators.get(String(view.videoId));
        if (creator === undefined) return UNKNOWN_VIDEO;
        if (creator === String(view.viewerId)) return letterOf('self');
        asked.push({ pair: `${view.viewerId}:${view.videoId}`, viewedAt: viewedAtOf(view), mark });
        return undefined;
      });
    });
    const isCounted = await this.#check.check(asked);
    let at = 0;
    const next = () => {
      const counted = isCounted?.[at++];
      return letterOf(counted === undefined ? 'unchecked' : counted ? 'counted' : 'repeat');
    };
    for (const [index, work] of works.entries()) {
      work.verdicts = letters[index].map((letter) => letter ?? next()).join('');
    }
  }
}

function writtenRows({ batch, verdicts = '' }: Work): ViewRow[] {
  return batch.views.filter((view, at): view is ViewRow => isWritten(verdicts[at]) && !isRefused(view));
}

/** A posted view has a time. */
function viewedAtOf({ viewedAt }: ViewRow): number {
  if (viewedAt === null) throw new TypeError('a posted view without a time');
  return viewedAt;
}

function timesOf(rows: readonly ViewRow[]): NewBatch['times'] {
  if (rows.length === 0) return undefined;
  let [fromMs, toMs] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const row of rows) {
    fromMs = Math.min(fromMs, viewedAtOf(row));
    toMs = Math.max(toMs, viewedAtOf(row));
  }
  return { fromMs, toMs };
}

function answerOf(batch: PostedBatch, { verdicts, firstId }: StoredBatch, isRepeated: boolean): BatchAnswer {
  const counts = { counted: 0, repeat: 0, self: 0, unchecked: 0, invalid: 0 };
  let id = firstId ?? 0n;
  const views = batch.views.map((view, at): ViewAnswer => {
    const letter = verdicts[at];
    const verdict = verdictOfLetter(letter);
    counts[verdict]++;
    if (isRefused(view)) return { verdict, reason: view.reason, detail: view.detail };
    if (letter === UNKNOWN_VIDEO) {
      return { verdict, reason: 'unknown-video', detail: `there is no video ${view.videoId}` };
    }
    return { verdict, id: id++ };
  });
  return { batch: batch.key, isRepeated, counts, views };
}
