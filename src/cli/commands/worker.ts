/** `settle worker`: takes runs that were left to workers, and partitions of runs that are under way, on this host. */
import { count, idleSeconds, leaseSeconds } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import type { GlobalFlags } from '../config.ts';

interface Flags extends GlobalFlags {
  readonly jobs?: readonly string[];
  readonly threads?: number;
  readonly lease?: number;
  readonly once?: boolean;
  readonly untilIdle?: number | true;
  readonly partitionsOnly?: boolean;
  readonly queue?: string;
  readonly metricsListen?: string;
  readonly json?: boolean;
}

export function registerWorker({ program, exit, registry, withDatabase }: Cli): void {
  const command = program
    .command('worker')
    .description('take runs that were started with --detach, and partitions of those with --workers remote, here')
    .option('--jobs <name...>', 'only of these jobs (default: of every job that this program knows)')
    .option('--threads <n>', 'partitions at a time (default: number of cores)', count('--threads'))
    .option('--lease <seconds>', 'silent for so long, what it has is taken by others (default: 30)', leaseSeconds)
    .option('--queue <url>', 'redis://HOST:PORT whose queue wakes it (default: SETTLE_QUEUE_URL, or none)')
    .option('--partitions-only', 'take no whole runs, and none whose process has died')
    .option('--once', 'look once, work on what is there to take, and end')
    .option(
      '--until-idle [seconds]',
      'end when no run has had anything for workers for so long (default: 0)',
      idleSeconds,
    )
    .option('--metrics-listen <host:port>', 'answer /metrics for Prometheus there')
    .option('--json', 'print one JSON object at the end')
    .addHelpText(
      'after',
      '\nExamples:\n  settle worker --threads 4        (beside: settle run JOB --workers remote, or --detach)\n',
    )
    .action(async () => {
      const flags: Flags = command.optsWithGlobals();
      const { parseListen } = await import('../listen-address.ts');
      const metricsAt =
        flags.metricsListen === undefined ? undefined : parseListen('--metrics-listen', flags.metricsListen);
      await withDatabase(flags, async (context) => {
        const { requireOneUntil, workHere } = await import('../work-here.ts');
        requireOneUntil(flags);
        exit(await workHere(context, registry, { ...flags, metricsAt }));
      });
    });
}
