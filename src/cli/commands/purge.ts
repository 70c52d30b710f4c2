/** `settle purge`: removes the metadata of runs that ended long ago. */
import { count } from '../arguments.ts';
import type { GlobalFlags } from '../config.ts';
import type { Cli } from '../program.ts';

const DAY_MS = 86_400_000;

interface Flags extends GlobalFlags {
  readonly days: number;
  readonly dryRun?: boolean;
  readonly forget?: boolean;
  readonly json?: boolean;
}

export function registerPurge({ program }: Cli): void {
  program
    .command('purge')
    .description('remove the details of runs that ended long ago; what did not end well is kept')
    .requiredOption('--days <n>', 'runs that ended more than so many days ago', count('--days'))
    .option('--dry-run', 'say what would be removed; change nothing')
    .option('--forget', 'remove also that they were ever run: started again, they would run again')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  settle purge --days 400 --dry-run\n')
    .action(async (_own, command) => {
      const flags: Flags = command.optsWithGlobals();
      const { withDatabase } = await import('../context.ts');
      await withDatabase(flags, async ({ database }) => {
        const { purge } = await import('../../engine/purge.ts');
        const { print } = await import('../output/stdout.ts');
        const dryRun = flags.dryRun === true;
        const before = new Date(Date.now() - flags.days * DAY_MS);
        const result = await purge(database, { before, forget: flags.forget === true, dryRun });
        if (flags.json) return await print((await import('../output/json.ts')).formatJson({ dryRun, ...result }));
        const { instances, executions, stepExecutions } = result;
        const verb = dryRun ? 'would be removed' : 'removed';
        await print(
          `of ${instances} instances, ${executions} executions and ${stepExecutions} step executions ${verb}\n`,
        );
      });
    });
}
