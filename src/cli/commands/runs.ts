/** `settle runs`: what ran, newest first. */
import { count } from '../arguments.ts';
import type { Cli } from '../program.ts';

const LIMIT_DEFAULT = 20;

export function registerRuns({ program }: Cli): void {
  program
    .command('runs')
    .description('list executions, newest first')
    .option('--job <name>', 'of this job only')
    .option('--limit <n>', 'at most so many', count('--limit'), LIMIT_DEFAULT)
    .option('--json', 'print a JSON array')
    .addHelpText('after', '\nExample:\n  settle runs --job daily --limit 5\n')
    .action(async (flags: { job?: string; limit: number; json?: boolean }, command) => {
      const { withDatabase } = await import('../context.ts');
      await withDatabase(command.optsWithGlobals(), async ({ database }) => {
        const { listJobExecutions } = await import('../../repository/job-execution.ts');
        const { readRunRow } = await import('../run-row.ts');
        const executions = await listJobExecutions(database, { job: flags.job, limit: flags.limit });
        const now = new Date();
        const rows = [];
        for (const execution of executions) rows.push(await readRunRow(database, execution, now));
        const { print } = await import('../output/stdout.ts');
        if (flags.json) await print((await import('../output/json.ts')).formatJson(rows));
        else await print((await import('../output/runs-table.ts')).runsTable(rows));
      });
    });
}
