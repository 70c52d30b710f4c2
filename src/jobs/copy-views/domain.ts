/** The copy of views with an amount: what the benchmark compares bulk writes by. */
import type { Domain } from '../../cli/domain.ts';

export const copyViewsDomain: Domain = {
  name: 'copy-views',
  jobs: async () => [(await import('./definition.ts')).copyViewsJob],
  health: async () => {
    const { APPEND_AND_UPDATE } = await import('../../doctor/privilege-sets.ts');
    return { privileges: { own: { settle_view_amount: APPEND_AND_UPDATE } } };
  },
};
