/** Coupons: who asked first, and so who gets one. */
import type { Domain } from '../../cli/domain.ts';
import { registerCoupon } from './commands/coupon.ts';
import { registerExplainCoupon } from './commands/explain-coupon.ts';

export const couponsDomain: Domain = {
  name: 'coupons',
  jobs: async () => [(await import('./allocation/definition.ts')).couponAllocationJob],
  register(cli) {
    registerCoupon(cli);
    registerExplainCoupon(cli);
  },
  errorRules: async () => (await import('./error-rules.ts')).couponsErrorRules,
  health: async () => (await import('./checks/health.ts')).couponsHealth,
};
