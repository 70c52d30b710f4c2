/** `settle relay`: delivers the outbox, until it is stopped. */
import type { Cli } from '../../../cli/cli.ts';
import type { GlobalFlags } from '../../../cli/config.ts';

const PROGRESS_MS = 10_000;

interface Flags extends GlobalFlags {
  readonly sink?: string;
  readonly once?: boolean;
  readonly metricsListen?: string;
  readonly json?: boolean;
}

export function registerRelay({ program, withDatabase, exit }: Cli): void {
  program
    .command('relay')
    .description('deliver the outbox: at least once, in order for each key, until it is stopped')
    .option(
      '--sink <url>',
      'where every topic goes (default: SETTLE_SINKS): http(s)://, push+http(s)://, redis://, kafka://',
    )
    .option('--once', 'end when nothing is due')
    .option('--metrics-listen <host:port>', 'answer /metrics for Prometheus there')
    .option('--json', 'print one JSON object at the end')
    .addHelpText(
      'after',
      '\nAny number of relays share the work. With --once it ends with 0 when all that is due is delivered or waits for\n' +
        'another try, with 3 when messages became dead letters, with 1 when a receiver is not available.\n\nExamples:\n' +
        '  settle relay --sink http://127.0.0.1:9000/hook\n  settle relay --sink redis://127.0.0.1:6379/stream --once\n',
    )
    .action(async (_own: unknown, command) => {
      const flags: Flags = command.optsWithGlobals();
      const { sinkRoutes, sinkSecret } = await import('../routes.ts');
      const routes = sinkRoutes(flags.sink);
      const { parseListen } = await import('../../../cli/listen-address.ts');
      const at = flags.metricsListen === undefined ? undefined : parseListen('--metrics-listen', flags.metricsListen);
      await withDatabase(flags, async ({ database, logger }) => {
        const { openSinks } = await import('../sinks/open-sinks.ts');
        const metrics = at && (await (await import('../relay-metrics.ts')).serveRelayMetrics(at));
        if (metrics !== undefined) logger.info({ url: metrics.url }, 'metrics');
        const sinks = await openSinks(routes, sinkSecret(), database);
        const { stopSignal } = await import('../../../cli/stop-signal.ts');
        const { relay } = await import('../lanes/relay.ts');
        const signal = stopSignal();
        let latest = { sent: 0, failed: 0, dead: 0 };
        let told = latest;
        const timer = setInterval(() => {
          if (latest.sent + latest.failed + latest.dead === told.sent + told.failed + told.dead) return;
          told = latest;
          logger.info(told, 'delivering');
        }, PROGRESS_MS);
        try {
          const result = await relay({
            database,
            sinks,
            once: flags.once === true,
            signal,
            onProblem: (text, lane) => {
              metrics?.problem();
              logger.warn(lane < 0 ? {} : { lane }, text);
            },
            onProgress: (counts) => {
              latest = { ...counts };
              metrics?.count(counts);
            },
          });
          const { print } = await import('../../../cli/output/stdout.ts');
          const { sent, failed, dead, unavailable } = result;
          if (flags.json) await print((await import('../../../cli/output/json.ts')).formatJson(result));
          else await print(`${sent} delivered, ${failed} failed and tried again later, ${dead} dead letters\n`);
          const { ExitCode } = await import('../../../errors.ts');
          if (signal.aborted) {
            const codes = { SIGINT: ExitCode.interrupted, SIGHUP: ExitCode.hungUp, SIGTERM: ExitCode.terminated };
            return exit(codes[signal.reason as keyof typeof codes]);
          }
          if (unavailable !== undefined) throw (await import('../definition.ts')).receiverAway(unavailable);
          if (dead > 0) exit(ExitCode.completedWithSkips);
        } finally {
          clearInterval(timer);
          await sinks.close();
          await metrics?.close();
        }
      });
    });
}
