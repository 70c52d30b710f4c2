/** The night: everything that is due on a business date, and the state of each date. */
import type { Domain } from '../../cli/domain.ts';
import { registerDates } from './commands/dates.ts';

export const dailyDomain: Domain = {
  name: 'daily',
  jobs: async () => [(await import('./definition.ts')).dailyJob],
  register: registerDates,
  health: async () => ({ checks: [(await import('./checks/dates.ts')).datesCheck] }),
};
