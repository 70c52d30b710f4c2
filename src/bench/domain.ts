/** The benchmark as the command line has it. */
import type { Domain } from '../cli/domain.ts';
import { registerBench } from './commands/bench.ts';

export const benchDomain: Domain = { name: 'bench', register: registerBench };
