/** The night: everything that is due on a business date, and the state of each date. */
import type { Domain } from '../../cli/domain.ts';
import { registerDates } from './commands/dates.ts';
import { registerSeries } from './commands/series.ts';

export const dailyDomain: Domain = {
  name: 'daily',
  jobs: async () => [(await import('./definition.ts')).dailyJob],
  register: (cli) => {
    registerDates(cli);
    registerSeries(cli);
  },
  health: async () => ({ checks: [(await import('./checks/dates.ts')).datesCheck] }),
};
