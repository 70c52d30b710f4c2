/**
 * `settle seed`: reproducible synthetic data. Its flags are the parameters of the job `seed`, which makes views, and of
 * `seed-challenges`.
 */
import { count } from '../../../cli/arguments.ts';
import type { Cli } from '../../../cli/cli.ts';
import type { GlobalFlags } from '../../../cli/config.ts';
import type { RunFlags } from '../../../cli/execute-job.ts';

/** A flag each: what `settle seed --help` says of it. Defaults and limits are those of the job that takes it. */
const PARAMETER_FLAGS: readonly (readonly [flag: string, text: string])[] = [
  ['--rows <n>', 'rows to add to the view log'],
  ['--challenges <n>', 'challenges to add, instead of views'],
  ['--days <n>', 'business dates over which the rows, or due dates, are spread (default: 1)'],
  ['--zone <zone>', 'IANA time zone of the dates (default: Asia/Seoul)'],
  ['--seed <number>', 'same number, same bytes (default: 1)'],
  ['--shape <shape>', 'how views spread over videos: uniform, zipf or hot (default: zipf)'],
  ['--videos <n>', 'videos, ids 1 to n (default: 100000)'],
  ['--viewers <n>', 'viewers, ids 1 to n (default: 1000000)'],
  ['--creators <n>', 'creators, the first viewers; 0 for none (default: 10000)'],
  ['--disorder [seconds]', 'how late a row may arrive (default: 120; without a number: 3600)'],
  ['--repeat-rate <share>', 'rows less than 30 s after one of the same viewer and video (default: 0.05)'],
  ['--self-rate <share>', "rows by the video's own creator (default: 0.01)"],
  ['--duplicate-rate <share>', 'exact copies of an earlier row (default: 0.001)'],
  ['--invalid-rate <share>', 'unknown video, absurd play time or negative ad views (default: 0)'],
  ['--undated-rate <share>', 'rows without a time (default: 0)'],
  ['--late-rate <share>', 'rows one to five days older than their neighbours (default: 0)'],
  ['--id-gap <n>', 'unused ids in each of ten holes (default: 0)'],
  ['--members <n>', 'members of each challenge (default: 5)'],
  ['--length <n>', 'days of a challenge (default: 3)'],
  ['--users <n>', 'users who stake points (default: as many as challenges)'],
  ['--crowd <n>', 'members of challenge 1 (default: as many as the others have)'],
  ['--hot-users <n>', 'users who are members of many challenges each (default: 0)'],
  ['--hot-challenges <n>', 'challenges that each of them is in (default: 10000)'],
];
const DISORDER_SECONDS_BARE = '3600';

type Flags = GlobalFlags & RunFlags & Readonly<Record<string, string | number | boolean | undefined>>;

export function registerSeed({ program, exit, withDatabase }: Cli): void {
  const command = program
    .command('seed')
    .description('add reproducible synthetic views and their videos, or challenges and their stakes')
    .requiredOption(
      '--date <date>',
      'business date of the rows, or on which challenges are due; with --days the first',
    );
  for (const [flag, text] of PARAMETER_FLAGS) command.option(flag, text);
  command
    .option('--workers <n>', 'worker threads (default: number of cores)', count('--workers'))
    .option('--json', 'print one JSON object at the end')
    .addHelpText(
      'after',
      '\nExamples:\n  settle seed --rows 1000000 --date 2026-11-20\n  settle seed --rows 1000000 --date 2026-11-20 --shape hot --seed 7 --days 3\n  settle seed --challenges 100000 --members 5 --date 2026-11-20\n',
    )
    .action(async () => {
      const flags: Flags = command.optsWithGlobals();
      const { usageError } = await import('../../../errors.ts');
      if ((flags.rows === undefined) === (flags.challenges === undefined)) {
        throw usageError('seed makes either views or challenges', 'give --rows N or --challenges N');
      }
      const job =
        flags.rows === undefined
          ? (await import('../../challenges/seed/definition.ts')).seedChallengesJob
          : (await import('../../views/seed/seed-job.ts')).seedJob;
      await withDatabase(flags, async (context) => {
        const { jobParameters } = await import('../../../cli/job-parameters.ts');
        const { executeJob } = await import('../../../cli/execute-job.ts');
        const param: Record<string, string> = {};
        for (const option of command.options) {
          const value = flags[option.attributeName()];
          const isOfSeed = option.long === '--date' || PARAMETER_FLAGS.some(([flag]) => flag === option.flags);
          if (value === undefined || !isOfSeed) continue;
          if (!job.parameters.some(({ name }) => `--${name}` === option.long)) {
            throw usageError(`${option.long} says nothing about ${flags.rows === undefined ? 'challenges' : 'views'}`);
          }
          param[option.long!.slice(2)] = value === true ? DISORDER_SECONDS_BARE : String(value);
        }
        exit(await executeJob(context, job, await jobParameters(context, job, { param }), flags));
      });
    });
}
