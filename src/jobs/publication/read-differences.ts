/** What a run found otherwise in Redis, in pages. */
import type { Executor } from '../../database/database.ts';
import { type CouponComparison, pageComparisons, pageMembers } from '../coupons/comparison/difference-store.ts';
import { pageDifferences } from '../stock/comparison/difference-store.ts';
import { counterLine, type DifferenceLine, memberLine } from './output/differences.ts';

const PAGE = 2_000;

/** Of coupons by id and member, then of products by id. */
export async function* streamLines(executor: Executor, execution: number): AsyncGenerator<readonly DifferenceLine[]> {
  for (let after: { readonly couponId: bigint; readonly member: string } | undefined; ; ) {
    const page = await pageMembers(executor, execution, after, PAGE);
    if (page.length > 0) yield page.map(memberLine);
    after = page.at(-1);
    if (page.length < PAGE) break;
  }
  for (let after: bigint | undefined; ; ) {
    const page = await pageDifferences(executor, execution, after, PAGE);
    if (page.length > 0) yield page.map(counterLine);
    after = page.at(-1)?.productId;
    if (page.length < PAGE) return;
  }
}

/** The coupons that differ, in numbers. */
export async function* streamComparisons(
  executor: Executor,
  execution: number,
): AsyncGenerator<readonly CouponComparison[]> {
  for (let after: bigint | undefined; ; ) {
    const page = await pageComparisons(executor, execution, after, PAGE);
    if (page.length > 0) yield page;
    after = page.at(-1)?.couponId;
    if (page.length < PAGE) return;
  }
}
