/** `settle explain WHAT`: takes a number back to its rows and rules. Domains add the WHATs. */
import type { Command } from 'commander';
import type { Cli } from './cli.ts';

export function explainGroup({ group, helpOf }: Pick<Cli, 'group' | 'helpOf'>): Command {
  return group('explain', 'take a number back to its rows and rules', helpOf('explain'));
}
