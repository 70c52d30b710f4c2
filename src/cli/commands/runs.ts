/** `settle runs`: what ran, newest first; or a hand-over of the days past. */
import { Option } from 'commander';
import { usageError } from '../../errors.ts';
import { count } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import type { GlobalFlags } from '../config.ts';

const LIMIT_DEFAULT = 20;
/** Runs that a summary reads: a run a minute for two months. */
const SUMMARY_RUNS_MAX = 100_000;
const STATUSES = ['STARTING', 'STARTED', 'STOPPING', 'STOPPED', 'FAILED', 'COMPLETED', 'ABANDONED'] as const;

interface Flags extends GlobalFlags {
  readonly job?: string;
  readonly date?: string;
  readonly status?: (typeof STATUSES)[number];
  readonly since?: string;
  readonly until?: string;
  readonly limit?: number;
  readonly summary?: boolean;
  readonly json?: boolean;
}

export function registerRuns({ program, helpOf, withReadableDatabase, forOutput }: Cli): void {
  const own = program
    .command('runs')
    .description('list executions, newest first, or sum them up by job')
    .option('--job <name>', 'of this job only')
    .option('--date <date>', 'of this date only')
    .addOption(new Option('--status <status>', 'of this status only').argParser(parseStatus))
    .option('--since <time>', 'started at or after: 7d, 12h, 2026-11-20, 2026-11-20T03:00:00Z')
    .option('--until <time>', 'started before')
    .option('--limit <n>', `at most so many (default: ${LIMIT_DEFAULT}, or all with --since)`, count('--limit'))
    .option('--summary', 'by job: runs, failures, durations beside the weeks before, rows set aside, amounts posted')
    .option('--json', 'print a JSON array')
    .addHelpText('after', helpOf('runs'))
    .action(async (_own: unknown, command) => {
      const flags: Flags = command.optsWithGlobals();
      const now = new Date();
      const { parseSince } = await import('../parse-since.ts');
      const since = flags.since === undefined ? undefined : parseSince('--since', flags.since, now);
      const until = flags.until === undefined ? undefined : parseSince('--until', flags.until, now);
      const { parseBusinessDate } = await import('../../rules/business-time.ts');
      const date = flags.date === undefined ? undefined : parseBusinessDate(flags.date);
      await withReadableDatabase(flags, async (context) => {
        const { print } = await import('../output/stdout.ts');
        const { formatJson } = await import('../output/json.ts');
        const filter = {
          job: flags.job,
          status: flags.status,
          businessDate: date,
        };
        if (flags.summary) {
          const { readRunSummary } = await import('../run-summary.ts');
          const summary = await readRunSummary(context, { ...filter, since, until, limit: SUMMARY_RUNS_MAX }, now);
          const { summaryTable } = await import('../output/run-summary.ts');
          await print(flags.json ? formatJson(summary) : summaryTable(summary));
          return;
        }
        const { listJobExecutions } = await import('../../repository/job-execution.ts');
        const { readRunRows } = await import('../run-rows.ts');
        const limit = flags.limit ?? (since === undefined ? LIMIT_DEFAULT : SUMMARY_RUNS_MAX);
        const rows = await readRunRows(
          context,
          await listJobExecutions(context.database, { ...filter, since, until, limit }),
          now,
        );
        const { runsTable } = await import('../output/runs-table.ts');
        await print(flags.json ? formatJson(rows) : runsTable(rows, now));
        const { tellWaitingRuns } = await import('../waiting-runs.ts');
        await tellWaitingRuns(context.database, now);
      });
    });
  forOutput(own);
}

function parseStatus(text: string): (typeof STATUSES)[number] {
  const status = STATUSES.find((one) => one === text.toUpperCase());
  if (status === undefined)
    throw usageError(`--status: ${JSON.stringify(text)} is none`, `it is ${STATUSES.join(', ')}`);
  return status;
}
