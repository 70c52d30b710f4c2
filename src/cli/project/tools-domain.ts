/** The commands that make a project, and those that help to type in it. */
import type { Domain } from '../domain.ts';

export const toolsDomain: Domain = {
  name: 'tools',
  register() {},
};
