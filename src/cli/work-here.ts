/** What `settle worker` does: the worker's loop, with signals, a log and an exit code. */
import { availableParallelism } from 'node:os';
import type { JobDefinition } from '../engine/job.ts';
import { requireServer } from '../engine/require-server.ts';
import { ExitCode, usageError } from '../errors.ts';
import { runWorker } from '../steps/find-work.ts';
import type { CommandContext, Registry } from './command-context.ts';
import { doorbellOf } from './doorbell.ts';
import { tell } from './errors.ts';
import type { ListenAddress } from './listen-address.ts';
import { formatJson } from './output/json.ts';
import { print } from './output/stdout.ts';
import { requireFitWorker } from './require-fit-worker.ts';
import { signalExitCode, stopSignal } from './stop-signal.ts';
import { writeTerminationLog } from './termination-log.ts';

export interface WorkerFlags {
  readonly jobs?: readonly string[];
  readonly threads?: number;
  /** Seconds. */
  readonly lease?: number;
  readonly once?: boolean;
  /** Seconds; true: 0. */
  readonly untilIdle?: number | true;
  readonly partitionsOnly?: boolean;
  readonly queue?: string;
  readonly json?: boolean;
  /** Where it answers /metrics. */
  readonly metricsAt?: ListenAddress;
}

/** @throws SettleError (exit 2) */
export function requireOneUntil({ once, untilIdle }: WorkerFlags): void {
  if (once && untilIdle !== undefined) throw usageError('--once and --until-idle say two things', 'give one of them');
}

/**
 * Resolves to the exit code: that of the signal after one; 2 where it refused work and found no other; else 0. Partitions
 * that fail here are the run's affair, which says so.
 */
export async function workHere(context: CommandContext, registry: Registry, flags: WorkerFlags): Promise<number> {
  const { database, logger } = context;
  requireServer(database);
  const jobs =
    flags.jobs === undefined
      ? await registry.jobs()
      : await Promise.all(flags.jobs.map((name) => registry.findJob(name)));
  const metrics =
    flags.metricsAt && (await (await import('./metrics/worker-metrics.ts')).serveWorkerMetrics(flags.metricsAt));
  if (metrics !== undefined) logger.info({ url: metrics.url }, 'metrics');
  try {
    return await work(context, registry, flags, jobs);
  } finally {
    await metrics?.close();
  }
}

async function work(
  context: CommandContext,
  registry: Registry,
  flags: WorkerFlags,
  jobs: readonly JobDefinition[],
): Promise<number> {
  const { database, settings, logger } = context;
  const threads = flags.threads ?? settings.workers ?? availableParallelism();
  await requireFitWorker({ database }, registry, jobs, threads);
  const signal = stopSignal();
  logger.info({ threads, jobs: flags.jobs }, 'worker started');
  const bell = await doorbellOf(context, flags, { isHeard: true });
  const working = runWorker(database, {
    threads,
    until: flags.once ? 'once' : flags.untilIdle !== undefined ? 'until-idle' : 'stopped',
    idleMs: typeof flags.untilIdle === 'number' ? flags.untilIdle * 1000 : 0,
    jobNamed: async (name) =>
      flags.jobs === undefined || flags.jobs.includes(name) ? await registry.jobNamed(name) : undefined,
    signal,
    logger,
    leaseMs: flags.lease === undefined ? undefined : flags.lease * 1000,
    partitionsOnly: flags.partitionsOnly,
    bell,
    watchRun: async () => {
      const watches = await registry.watchRun(context);
      return async () => Object.assign({}, ...(await Promise.all(watches.map((watch) => watch.end()))));
    },
  });
  const { runs, completed, failed, refused } = await working.finally(() => bell?.close());
  logger.info({ runs, completed, failed, refused: refused.length }, 'worker ended');
  if (flags.json) await print(formatJson({ runs, completed, failed, refused }));
  const exitCode = exitCodeOf(signal, runs + completed + failed, refused.length);
  if (exitCode === ExitCode.usage) {
    for (const line of refused)
      tell(`refused: ${line}`, 'run the worker with the settle and the project that the run has');
  }
  const message = refused.length === 0 ? undefined : `refused: ${refused.join('; ')}`;
  writeTerminationLog({ exitCode, runs, partitionsCompleted: completed, partitionsFailed: failed, message });
  return exitCode;
}

function exitCodeOf(signal: AbortSignal, worked: number, refused: number): number {
  if (signal.aborted) return signalExitCode(signal);
  return worked > 0 || refused === 0 ? ExitCode.completed : ExitCode.usage;
}
