/**
 * The queue of one coupon (domain.md section 10): requests within [opensAt, closesAt) in order of (requested_at, id), the
 * first of each user, until the quota is used up. Pure.
 */
import { HolderSet } from './holder-set.ts';

/** Milliseconds UTC; `closesAtMs` is outside. */
export interface CouponTerms {
  readonly quota: bigint;
  readonly opensAtMs: number;
  readonly closesAtMs: number;
}

export interface CouponRequest {
  readonly id: bigint;
  readonly userId: bigint;
  /** Milliseconds UTC; NaN when the row holds no time. */
  readonly atMs: number;
}

export const refusalReasons = ['unknown-coupon', 'undated', 'too-early', 'too-late', 'repeat', 'sold-out'] as const;
export type RefusalReason = (typeof refusalReasons)[number];

/** A place from 1, or why there is none. */
export type Verdict =
  | { readonly place: bigint; readonly reason?: undefined }
  | { readonly place?: undefined; readonly reason: RefusalReason };

/** The order of a queue; a request without a time comes first, whatever its id. */
export function compareRequests(a: CouponRequest, b: CouponRequest): number {
  const [aMs, bMs] = [orderMs(a), orderMs(b)];
  if (aMs !== bMs) return aMs < bMs ? -1 : 1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/** Why a request is refused whoever asks and whatever is left; undefined: it stands in the queue. */
export function refusalOutside(terms: CouponTerms | undefined, { atMs }: CouponRequest): RefusalReason | undefined {
  if (terms === undefined) return 'unknown-coupon';
  if (Number.isNaN(atMs)) return 'undated';
  if (atMs < terms.opensAtMs) return 'too-early';
  return atMs >= terms.closesAtMs ? 'too-late' : undefined;
}

/** Hands out places. Memory grows with the places that are given, not with the requests. */
export class CouponQueue {
  readonly #terms: CouponTerms | undefined;
  readonly holders = new HolderSet();

  /** @param terms undefined: there is no such coupon */
  constructor(terms: CouponTerms | undefined) {
    this.#terms = terms;
  }

  get isUsedUp(): boolean {
    return this.#terms === undefined || BigInt(this.holders.size) >= this.#terms.quota;
  }

  /** Requests must come in the order of `compareRequests`. */
  take(request: CouponRequest): Verdict {
    const outside = refusalOutside(this.#terms, request);
    if (outside !== undefined) return { reason: outside };
    if (this.holders.find(request.userId) !== undefined) return { reason: 'repeat' };
    if (this.isUsedUp) return { reason: 'sold-out' };
    return { place: this.holders.add(request) };
  }
}

/**
 * What becomes of one request once all places are given; undefined: the places cannot be right, because this request should
 * have one.
 */
export function judgeAfterwards(
  terms: CouponTerms | undefined,
  holders: HolderSet,
  request: CouponRequest,
): Verdict | undefined {
  const outside = refusalOutside(terms, request);
  if (outside !== undefined) return { reason: outside };
  const holder = holders.find(request.userId);
  if (holder !== undefined) {
    if (holder.requestId === request.id) return { place: holder.place };
    return compareRequests(request, { ...request, id: holder.requestId, atMs: holder.atMs }) < 0
      ? undefined
      : { reason: 'repeat' };
  }
  const { last } = holders;
  const isFull = terms !== undefined && BigInt(holders.size) >= terms.quota;
  if (!isFull) return undefined;
  if (last === undefined) return { reason: 'sold-out' };
  const isAfter = compareRequests(request, { userId: request.userId, id: last.requestId, atMs: last.atMs }) > 0;
  return isAfter ? { reason: 'sold-out' } : undefined;
}

function orderMs({ atMs }: CouponRequest): number {
  return Number.isNaN(atMs) ? Number.NEGATIVE_INFINITY : atMs;
}
