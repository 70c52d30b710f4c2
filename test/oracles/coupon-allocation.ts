/** Allocation of coupons by plain loops over everything at once. Imports nothing of src. */

export interface OracleCoupon {
  readonly id: bigint;
  readonly quota: bigint;
  readonly opensAt: number;
  readonly closesAt: number;
}

export interface OracleRequest {
  readonly id: bigint;
  readonly couponId: bigint;
  readonly userId: bigint;
  readonly requestedAt: number;
}

export interface OracleAllocation {
  /** `coupon/user/place/request`, by coupon and place. */
  readonly issues: string[];
  /** Request id -> reason. */
  readonly refusals: Map<bigint, string>;
}

export function allocate(coupons: readonly OracleCoupon[], requests: readonly OracleRequest[]): OracleAllocation {
  const issues: string[] = [];
  const refusals = new Map<bigint, string>();
  const sorted = [...requests].sort((a, b) => a.requestedAt - b.requestedAt || Number(a.id - b.id));
  for (const request of sorted) {
    if (!coupons.some((coupon) => coupon.id === request.couponId)) refusals.set(request.id, 'unknown-coupon');
  }
  for (const coupon of [...coupons].sort((a, b) => Number(a.id - b.id))) {
    const users: bigint[] = [];
    for (const request of sorted) {
      if (request.couponId !== coupon.id) continue;
      if (request.requestedAt < coupon.opensAt) refusals.set(request.id, 'too-early');
      else if (request.requestedAt >= coupon.closesAt) refusals.set(request.id, 'too-late');
      else if (users.includes(request.userId)) refusals.set(request.id, 'repeat');
      else if (BigInt(users.length) >= coupon.quota) refusals.set(request.id, 'sold-out');
      else {
        users.push(request.userId);
        issues.push(`${coupon.id}/${request.userId}/${users.length}/${request.id}`);
      }
    }
  }
  return { issues, refusals };
}
