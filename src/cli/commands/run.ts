/** `settle run JOB`: runs one job, or prints what it would do. */
import { Option } from 'commander';
import { chunkRows, collectPair, count, type WorkersAsked, workerFlags, workersAsked } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import type { GlobalFlags } from '../config.ts';
import type { RunFlags } from '../execute-job.ts';
import { addParameterOptions, attributeOf } from '../parameter-options.ts';

interface Flags extends GlobalFlags, RunFlags {
  readonly param?: Readonly<Record<string, string>>;
  readonly dryRun?: boolean;
  readonly detach?: boolean;
  readonly [option: string]: unknown;
}

export function registerRun({ program, exit, registry, helpOf, startsJob, withDatabase, forceOption }: Cli): void {
  const options = registry.options.runOptions ?? [];
  const command = program
    .command('run')
    .description('run a job; a run that was cut short is continued')
    .argument('<job>', 'name of the job, as `settle jobs` lists it');
  addParameterOptions(command, options, 'texts')
    .addOption(new Option('-p, --param <name=value>', 'parameter of the job; may be repeated').argParser(collectPair))
    .option('--workers <n>', 'threads (default: number of cores), `remote` for workers, or `4+remote`', workersAsked)
    .option('--partitions <n>', 'partitions to cut the work into (default: planned)', count('--partitions'))
    .option('--chunk <n>', 'rows a chunk, at most 4000000', chunkRows)
    .option('--dry-run', 'print the plan: partitions and rows expected')
    .option('--queue <url>', 'redis://HOST:PORT whose queue wakes workers (default: SETTLE_QUEUE_URL, or none)')
    .option('--detach', 'leave the run to any `settle worker`, and print the number by which to ask for it')
    .option('--rerun', 'compute what is complete again, as its next revision');
  addParameterOptions(command, options, 'switches')
    .addOption(forceOption())
    .option('--json', 'print one JSON object at the end')
    .addHelpText('after', helpOf('run'))
    .action(async (name: string) => {
      const asked: Omit<Flags, 'workers'> & { workers?: WorkersAsked } = command.optsWithGlobals();
      const flags: Flags = { ...asked, ...workerFlags(asked) };
      if (flags.detach) (await import('../detach-run.ts')).requireDetachable(flags);
      const job = await registry.findJob(name);
      await withDatabase(flags, async (context) => {
        const { jobParameters } = await import('../job-parameters.ts');
        const parameters = await jobParameters(context, job, flags);
        if (flags.dryRun) return await (await import('../print-plan.ts')).printPlan(context, job, parameters, flags);
        if (flags.detach)
          return exit(await (await import('../detach-run.ts')).detachRun(context, job, parameters, flags));
        const { executeJob } = await import('../execute-job.ts');
        exit(await executeJob(context, job, parameters, flags));
      });
    });
  startsJob(command, ({ args: [job] }) => {
    const ofDate = options.find(({ isBusinessDate }) => isBusinessDate);
    const date: unknown = ofDate && command.opts()[attributeOf(ofDate.flags)];
    return { job, businessDate: typeof date === 'string' ? date : undefined };
  });
}
