/** The commands that make a project, and those that help to type in it. */
import { registerCompletion } from '../commands/completion.ts';
import { registerInit } from '../commands/init.ts';
import type { Domain } from '../domain.ts';

export const toolsDomain: Domain = {
  name: 'tools',
  register(cli) {
    registerInit(cli);
    registerCompletion(cli);
  },
};
