/**
 * Sets a set of promises right, page by page, each by compare-and-set: users who got the coupon are added; those who did not
 * are taken out once the coupon has closed and all of its requests are decided. Until then a promise may be about to be kept.
 */
import { instantText, parseInstant } from '../../../database/instant.ts';
import type { StepContext } from '../../../engine/step-context.ts';
import { changeMembers } from '../../../redis/scripts/change-members.ts';
import { runScript } from '../../../redis/scripts/run-script.ts';
import type { RedisSession } from '../../beside-redis.ts';
import { pageIssues, readRevisions } from '../allocation/allocation-store.ts';
import { type ComparedCoupon, type CouponComparison, markRepaired, pageMembers } from './difference-store.ts';
import { findMissing, promiseKey } from './promise-sets.ts';

const PAGE = 1_000;

export type Repair = Pick<CouponComparison, 'repaired' | 'isMoving'>;

export async function repairPromises(
  context: StepContext,
  session: RedisSession,
  coupon: ComparedCoupon & { readonly promised: number },
  { promisedOnly, issuedOnly }: Pick<CouponComparison, 'promisedOnly' | 'issuedOnly'>,
): Promise<Repair> {
  const { database } = context;
  const { id, revision, isComplete, closesAt, promised } = coupon;
  if (revision === undefined || !isComplete) return { repaired: 0, isMoving: false };
  const now = (await readRevisions(database.knex, [id])).get(id);
  if (now !== revision) return { repaired: 0, isMoving: true };
  const set = new PromiseSet(context, session, id, promised);
  if (issuedOnly > 0) await set.addIssued();
  if (promisedOnly > 0 && (closesAt === null || (await isOver(context, closesAt)))) await set.removePromised();
  return { repaired: set.changed, isMoving: set.isMoving };
}

class PromiseSet {
  changed = 0;
  /** Somebody else has changed it: it is left alone from there on. */
  isMoving = false;
  readonly #context: StepContext;
  readonly #session: RedisSession;
  readonly #id: bigint;
  #size: number;

  constructor(context: StepContext, session: RedisSession, id: bigint, size: number) {
    this.#context = context;
    this.#session = session;
    this.#id = id;
    this.#size = size;
  }

  async addIssued(): Promise<void> {
    for (let from = 1n; !this.isMoving; ) {
      const page = await pageIssues(this.#context.database.knex, this.#id, from, PAGE);
      const users = page.map(({ userId }) => userId);
      await this.#change('add', await findMissing(this.#session, this.#id, users));
      const last = page.at(-1);
      if (page.length < PAGE || last === undefined) return;
      from = last.place + 1n;
    }
  }

  async removePromised(): Promise<void> {
    const { database, jobExecutionId } = this.#context;
    const only = { couponId: this.#id, kind: 'promised' as const };
    for (let after: { readonly couponId: bigint; readonly member: string } | undefined; !this.isMoving; ) {
      const page = await pageMembers(database.knex, jobExecutionId, after, PAGE, only);
      await this.#change(
        'remove',
        page.map(({ member }) => BigInt(member)),
      );
      after = page.at(-1);
      if (page.length < PAGE) return;
    }
  }

  async #change(what: 'add' | 'remove', users: readonly bigint[]): Promise<void> {
    if (users.length === 0) return;
    const values = [this.#size, what, ...users];
    const answer = await this.#session.ask((redis) => runScript(redis, changeMembers, [promiseKey(this.#id)], values));
    const size = Number(answer);
    if (size < 0) {
      this.isMoving = true;
      return;
    }
    this.#size = size;
    this.changed += users.length;
    const { jobExecutionId, transaction } = this.#context;
    await transaction((tx) => markRepaired(tx, jobExecutionId, this.#id, users));
  }
}

async function isOver({ database: { dialect, knex } }: StepContext, closesAt: string): Promise<boolean> {
  return closesAt <= instantText(parseInstant(await dialect.now(knex)));
}
