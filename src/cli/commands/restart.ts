/** `settle restart ID`: continues a failed or stopped execution from its last commit. */
import { chunkRows, count } from '../arguments.ts';
import { askedExecution } from '../asked-run.ts';
import type { Cli } from '../cli.ts';
import type { GlobalFlags } from '../config.ts';
import type { RunFlags } from '../execute-job.ts';

export function registerRestart({ program, exit, withDatabase, forceOption, registry, startsJob }: Cli): void {
  const command = program
    .command('restart')
    .description('continue a failed or stopped execution from its last commit')
    .argument('<id>', 'number of the execution, as `settle runs` lists it')
    .option('--workers <n>', 'worker threads (default: number of cores)', count('--workers'))
    .option('--chunk <n>', 'rows a chunk, at most 4000000', chunkRows)
    .addOption(forceOption())
    .option('--json', 'print one JSON object at the end')
    .addHelpText('after', '\nExample:\n  settle restart 42\n')
    .action(async (idText: string, _own, command) => {
      const flags: GlobalFlags & RunFlags = command.optsWithGlobals();
      const { parseId } = await import('../arguments.ts');
      const id = parseId(idText);
      await withDatabase(flags, async (context) => {
        const { requireExecution } = await import('../find-execution.ts');
        const { listJobParameters } = await import('../../repository/job-parameters.ts');
        const { executeJob } = await import('../execute-job.ts');
        const execution = await requireExecution(context.database, id);
        const stored = await listJobParameters(context.database, id);
        const { REVISION } = await import('../../engine/parse-parameters.ts');
        // Of this execution, whatever newer revisions there are.
        const parameters = { [REVISION]: '1', ...Object.fromEntries(stored.map(({ name, value }) => [name, value])) };
        exit(await executeJob(context, await registry.findJob(execution.jobName), parameters, flags));
      });
    });
  startsJob(command, ({ args: [id] }) => askedExecution(id));
}
