/**
 * One range of coupons, in a worker thread. Coupons that fit into a chunk are read, decided and written together; a crowd
 * (crowd.ts) goes on in pages. What was read is compared under the locks of the coupons, as decision 25 has it.
 */
import type { Transaction } from '../../../database/database.ts';
import { instantText } from '../../../database/instant.ts';
import type { ExecutionContext } from '../../../engine/execution-context.ts';
import type { ChunkHandlers, PartitionContext, Processed } from '../../../engine/step.ts';
import { businessDay } from '../../../rules/business-time.ts';
import { lookBackStart } from '../../look-back.ts';
import type { AllocationRun } from './allocation-store.ts';
import { type DueCoupon, type DueCoupons, digestCoupons, readUnknownIds, selectDueCoupons } from './coupon-store.ts';
import { Crowd, type CrowdPage, type DecidedPage, findCrowd } from './crowd.ts';
import {
  type CouponBatch,
  type DecidedBatch,
  decideBatch,
  isUnchanged,
  problemOf,
  readBatch,
  writeBatch,
} from './small-coupons.ts';

const LAST_KEY = 'lastKey';
/** Coupons that are looked up at once. */
const LOOK_UP_MAX = 1_000;

type AllocationChunk = CouponBatch | CrowdPage;
type Decided = DecidedBatch | DecidedPage;

export default async function openAllocationPartition(context: PartitionContext): Promise<ChunkHandlers> {
  return new AllocationPartition(context);
}

export class AllocationPartition implements ChunkHandlers<AllocationChunk, Decided> {
  readonly #context: PartitionContext;
  readonly #run: AllocationRun;
  readonly #due: DueCoupons;
  #lastId: bigint;
  #unknown: readonly bigint[] | undefined;
  /** Looked up, and not handled yet; by id. */
  #ahead: DueCoupon[] = [];
  #crowd: Crowd | undefined;

  constructor(context: PartitionContext) {
    const { parameters, jobExecutionId, executionContext, minId } = context;
    const [date, zone] = [parameters.require('date'), parameters.require('zone')];
    this.#context = context;
    this.#run = { date, zone, jobExecutionId };
    this.#due = dueCouponsOf(date, zone);
    this.#lastId = executionContext.getLong(LAST_KEY) ?? minId - 1n;
    this.#crowd = findCrowd(context.database, this.#run, executionContext);
  }

  async read(limit: number): Promise<AllocationChunk | undefined> {
    if (this.#crowd !== undefined) return await this.#crowd.read(limit);
    const { database } = this.#context;
    const coupons: DueCoupon[] = [];
    let requests = 0;
    for (;;) {
      if (this.#ahead.length === 0) await this.#lookUp();
      const [next] = this.#ahead;
      if (next === undefined || (coupons.length > 0 && requests + next.requests > limit)) break;
      coupons.push(next);
      requests += next.requests;
      this.#lastId = next.id;
      this.#ahead.shift();
    }
    const [first] = coupons;
    if (first === undefined) return undefined;
    if (requests <= limit || problemOf(first) !== undefined) return await readBatch(database, coupons);
    const digests = await digestCoupons(database.knex, database.dialect, [first.id]);
    if (isUnchanged(first, digests)) return await readBatch(database, coupons);
    this.#crowd = Crowd.begin(database, this.#run, first);
    return await this.#crowd.read(limit);
  }

  process(chunk: AllocationChunk): Processed<Decided> {
    return chunk.kind === 'batch' ? decideBatch(chunk) : this.#crowd!.decide(chunk);
  }

  async write(decided: Decided, tx: Transaction): Promise<void> {
    if (decided.kind === 'batch') {
      await writeBatch(this.#context.database, tx, this.#run, decided);
      return;
    }
    await this.#crowd!.write(decided, tx);
    if (decided.page.isLast) this.#crowd = undefined;
  }

  saveState(executionContext: ExecutionContext): void {
    executionContext.put(LAST_KEY, this.#lastId);
    Crowd.save(this.#crowd, executionContext);
  }

  async close(): Promise<void> {}

  async #lookUp(): Promise<void> {
    const { database, maxId, minId } = this.#context;
    this.#unknown ??= await readUnknownIds(database.knex, minId, maxId);
    const fromId = this.#lastId + 1n;
    if (fromId > maxId) return;
    const range = { fromId, toId: maxId, limit: LOOK_UP_MAX };
    this.#ahead = await selectDueCoupons(database.knex, this.#due, range, this.#unknown);
  }
}

/** What the plan and the workers look for. */
export function dueCouponsOf(date: string, zone: string): DueCoupons {
  return {
    end: instantText(businessDay(date, zone).endMs),
    lookBack: instantText(lookBackStart(date, zone)),
  };
}
