/** Coupons, who asked for them and who got them. In the order of their numbers. */

import type { Migration } from '../migration.ts';
import { migration as coupon } from './0821_coupon.ts';
import { migration as couponRequest } from './0822_coupon_request.ts';
import { migration as settleCouponAllocation } from './0823_settle_coupon_allocation.ts';
import { migration as settleCouponIssue } from './0824_settle_coupon_issue.ts';
import { migration as settleCouponRefusal } from './0825_settle_coupon_refusal.ts';
import { migration as settleCouponComparison } from './0920_settle_coupon_comparison.ts';
import { migration as settleCouponDifference } from './0921_settle_coupon_difference.ts';

export const couponsMigrations: readonly Migration[] = [
  coupon,
  couponRequest,
  settleCouponAllocation,
  settleCouponIssue,
  settleCouponRefusal,
  settleCouponComparison,
  settleCouponDifference,
];
