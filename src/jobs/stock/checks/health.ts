/** What `settle doctor` looks at for stock. */
import type { DomainHealth } from '../../../doctor/check.ts';
import { ALL, APPEND_AND_UPDATE, READ } from '../../../doctor/privilege-sets.ts';

export const stockHealth: DomainHealth = {
  columns: {
    stock: { product_id: 'integer', on_hand: 'integer' },
    stock_movement: {
      id: 'integer',
      product_id: 'integer',
      kind: 'text',
      quantity: 'integer',
      reservation_id: 'text',
      happened_at: 'time',
    },
  },
  privileges: {
    own: {
      settle_stock_head: APPEND_AND_UPDATE,
      // Movements that arrive late settle their dates anew.
      settle_stock_daily: ALL,
      settle_stock_reservation: ALL,
      settle_stock_set_aside: ALL,
      settle_stock_exception: ALL,
      settle_stock_difference: ALL,
    },
    sources: { stock: READ, stock_movement: READ },
    imports: { stock_movement: ['INSERT', 'UPDATE'] },
  },
};
