/** Files into the tables of the platform. */
import type { Domain } from '../../cli/domain.ts';
import { registerImport } from './commands/import.ts';

export const importDomain: Domain = {
  name: 'import',
  async jobs() {
    const { importJob } = await import('./import-job.ts');
    const { importKinds } = await import('./import-parameters.ts');
    return importKinds.map(importJob);
  },
  register: registerImport,
};
