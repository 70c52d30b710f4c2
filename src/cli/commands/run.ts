/** `settle run JOB`: runs one job, or prints what it would do. */
import { Option } from 'commander';
import { chunkRows, collectPair, count } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import type { GlobalFlags } from '../config.ts';
import type { RunFlags } from '../execute-job.ts';
import { addParameterOptions, attributeOf } from '../parameter-options.ts';

interface Flags extends GlobalFlags, RunFlags {
  readonly param?: Readonly<Record<string, string>>;
  readonly dryRun?: boolean;
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
    .option('--workers <n>', 'worker threads (default: number of cores)', count('--workers'))
    .option('--partitions <n>', 'partitions to cut the work into (default: planned)', count('--partitions'))
    .option('--chunk <n>', 'rows a chunk, at most 4000000', chunkRows)
    .option('--dry-run', 'print the plan: partitions and rows expected')
    .option('--rerun', 'compute what is complete again, as its next revision');
  addParameterOptions(command, options, 'switches')
    .addOption(forceOption())
    .option('--json', 'print one JSON object at the end')
    .addHelpText('after', helpOf('run'))
    .action(async (name: string) => {
      const flags: Flags = command.optsWithGlobals();
      const job = await registry.findJob(name);
      await withDatabase(flags, async (context) => {
        const { jobParameters } = await import('../job-parameters.ts');
        const parameters = await jobParameters(context, job, flags);
        if (flags.dryRun) return await (await import('../print-plan.ts')).printPlan(context, job, parameters, flags);
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
