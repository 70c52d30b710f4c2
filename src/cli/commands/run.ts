/** `settle run JOB`: runs one job, or prints what it would do. */
import { Option } from 'commander';
import { chunkRows, collectPair, count } from '../arguments.ts';
import { forceBrokenLedgerOption } from '../broken-ledger.ts';
import type { Cli } from '../cli.ts';
import type { GlobalFlags } from '../config.ts';
import type { RunFlags } from '../execute-job.ts';

interface Flags extends GlobalFlags, RunFlags {
  readonly date?: string;
  readonly zone?: string;
  readonly param?: Readonly<Record<string, string>>;
  readonly dryRun?: boolean;
  readonly early?: boolean;
}

export function registerRun({ program, exit }: Cli): void {
  program
    .command('run')
    .description('run a job for a business date; a run that was cut short is continued')
    .argument('<job>', 'name of the job, as `settle jobs` lists it')
    .option('--date <date>', 'business date, YYYY-MM-DD')
    .option('--zone <zone>', 'IANA time zone of the business date (default: Asia/Seoul)')
    .addOption(new Option('-p, --param <name=value>', 'parameter of the job; may be repeated').argParser(collectPair))
    .option('--workers <n>', 'worker threads (default: number of cores)', count('--workers'))
    .option('--partitions <n>', 'partitions to split the work into (default: planned)', count('--partitions'))
    .option('--chunk <n>', 'rows a chunk, at most 4000000', chunkRows)
    .option('--dry-run', 'print the plan: id ranges and rows expected; only the map of the log is brought up to date')
    .option('--rerun', 'compute a completed date again, as its next revision')
    .option('--early', 'settle a date before its end; the next plain start computes it again')
    .addOption(forceBrokenLedgerOption())
    .option('--json', 'print one JSON object at the end')
    .addHelpText(
      'after',
      '\nExamples:\n  settle run daily --date 2026-11-20\n  settle run daily --date 2026-11-20 --dry-run\n',
    )
    .action(async (name: string, _own, command) => {
      const flags: Flags = command.optsWithGlobals();
      const { findJob } = await import('../../jobs/index.ts');
      const job = findJob(name);
      const { withDatabase } = await import('../context.ts');
      await withDatabase(flags, async (context) => {
        const { jobParameters } = await import('../job-parameters.ts');
        const parameters = jobParameters(job, flags, context.settings);
        if (flags.dryRun) return await (await import('../print-plan.ts')).printPlan(context, job, parameters, flags);
        const { executeJob } = await import('../execute-job.ts');
        exit(await executeJob(context, job, parameters, flags));
      });
    });
}
