/** Steps `write-coupons`, `write-coupon-requests` and `write-stock-movements`: the file's rows into the platform's tables. */
import { instantText } from '../../database/instant.ts';
import {
  couponFields,
  couponRequestFields,
  openCouponRequestRows,
  openCouponRows,
  openStockMovementRows,
  stockMovementFields,
} from './row-source.ts';
import { writeLinesStep } from './write-lines.ts';

export const writeCouponsStep = writeLinesStep({
  stepName: 'write-coupons',
  open: openCouponRows,
  fields: couponFields,
  target: { table: 'coupon', columns: ['id', 'quota', 'opens_at', 'closes_at'], mode: 'ignore', keys: ['id'] },
  values: ({ id, quota, opensAtMs, closesAtMs }) => [id, quota, instantText(opensAtMs), instantText(closesAtMs)],
});

export const writeCouponRequestsStep = writeLinesStep({
  stepName: 'write-coupon-requests',
  open: openCouponRequestRows,
  fields: couponRequestFields,
  target: {
    table: 'coupon_request',
    columns: ['id', 'coupon_id', 'user_id', 'requested_at'],
    mode: 'ignore',
    keys: ['id'],
  },
  values: ({ id, couponId, userId, requestedAtMs }) => [id, couponId, userId, instantText(requestedAtMs)],
});

export const writeStockMovementsStep = writeLinesStep({
  stepName: 'write-stock-movements',
  open: openStockMovementRows,
  fields: stockMovementFields,
  target: {
    table: 'stock_movement',
    columns: ['id', 'product_id', 'kind', 'quantity', 'reservation_id', 'happened_at'],
    mode: 'ignore',
    keys: ['id'],
  },
  values: ({ id, productId, kind, quantity, reservationId, happenedAtMs }) => [
    id,
    productId,
    kind,
    quantity,
    reservationId,
    instantText(happenedAtMs),
  ],
});
