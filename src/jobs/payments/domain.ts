/** Payments: orders beside the approvals of the provider, their points and refunds. */
import type { Domain } from '../../cli/domain.ts';
import { registerExplainPayment } from './commands/explain-payment.ts';
import { registerPayments } from './commands/payments.ts';

export const paymentsDomain: Domain = {
  name: 'payments',
  jobs: async () => [(await import('./definition.ts')).paymentReconciliationJob],
  register(cli) {
    registerPayments(cli);
    registerExplainPayment(cli);
  },
  errorRules: async () => (await import('./error-rules.ts')).paymentsErrorRules,
  health: async () => (await import('./health.ts')).paymentsHealth,
};
