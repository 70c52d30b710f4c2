/** Products, their movements and their stock. In the order of their numbers. */

import type { Migration } from '../migration.ts';
import { migration as stock } from './0826_stock.ts';
import { migration as stockMovement } from './0827_stock_movement.ts';
import { migration as settleStockHead } from './0828_settle_stock_head.ts';
import { migration as settleStockDaily } from './0829_settle_stock_daily.ts';
import { migration as settleStockReservation } from './0830_settle_stock_reservation.ts';
import { migration as settleStockSetAside } from './0831_settle_stock_set_aside.ts';
import { migration as settleStockException } from './0832_settle_stock_exception.ts';
import { migration as settleStockDifference } from './0922_settle_stock_difference.ts';

export const stockMigrations: readonly Migration[] = [
  stock,
  stockMovement,
  settleStockHead,
  settleStockDaily,
  settleStockReservation,
  settleStockSetAside,
  settleStockException,
  settleStockDifference,
];
