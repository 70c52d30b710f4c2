/** `settle restart ID`: continues a failed or stopped execution from its last commit. */
import { chunkRows, type WorkersAsked, workerFlags, workersAsked } from '../arguments.ts';
import { askedExecution } from '../asked-run.ts';
import type { Cli } from '../cli.ts';
import type { GlobalFlags } from '../config.ts';
import type { RunFlags } from '../execute-job.ts';

type Flags = GlobalFlags & RunFlags & { readonly detach?: boolean };

export function registerRestart({ program, exit, withDatabase, forceOption, registry, startsJob }: Cli): void {
  const command = program
    .command('restart')
    .description('continue a failed or stopped execution from its last commit')
    .argument('<id>', 'number of the execution, as `settle runs` lists it')
    .option('--workers <n>', 'threads (default: number of cores), `remote` for workers, or `4+remote`', workersAsked)
    .option('--queue <url>', 'redis://HOST:PORT whose queue wakes workers (default: SETTLE_QUEUE_URL, or none)')
    .option('--detach', 'leave it to any `settle worker`, and print the number by which to ask for it')
    .option('--chunk <n>', 'rows a chunk, at most 4000000', chunkRows)
    .addOption(forceOption())
    .option('--json', 'print one JSON object at the end')
    .addHelpText('after', '\nExample:\n  settle restart 42\n')
    .action(async (idText: string, _own, command) => {
      const asked: Omit<Flags, 'workers'> & { workers?: WorkersAsked } = command.optsWithGlobals();
      const flags: Flags = { ...asked, ...workerFlags(asked) };
      if (flags.detach) (await import('../detach-run.ts')).requireDetachable(flags);
      const { parseId } = await import('../arguments.ts');
      const id = parseId(idText);
      await withDatabase(flags, async (context) => {
        const { requireExecution } = await import('../find-execution.ts');
        const { listJobParameters } = await import('../../repository/job-parameters.ts');
        const execution = await requireExecution(context.database, id);
        const stored = await listJobParameters(context.database, execution.id);
        const { REVISION } = await import('../../engine/parse-parameters.ts');
        // Of this execution, whatever newer revisions there are.
        const parameters = { [REVISION]: '1', ...Object.fromEntries(stored.map(({ name, value }) => [name, value])) };
        const job = await registry.findJob(execution.jobName);
        if (flags.detach)
          return exit(await (await import('../detach-run.ts')).detachRun(context, job, parameters, flags));
        const { executeJob } = await import('../execute-job.ts');
        exit(await executeJob(context, job, parameters, flags));
      });
    });
  startsJob(command, ({ args: [id] }) => askedExecution(id));
}
