/** `settle metrics`: what `/metrics` of the service tells, for machines on which none runs. */
import type { Cli } from '../cli.ts';
import type { GlobalFlags } from '../config.ts';

interface Flags extends GlobalFlags {
  readonly file?: string;
  readonly listen?: string;
}

export function registerMetrics({ program, registry, withReadableDatabase, forOutput }: Cli): void {
  const command = program
    .command('metrics')
    .description(
      'print the metrics of the database for Prometheus, write them for a textfile collector, or answer /metrics',
    )
    .option('--file <file>', 'write them there in one step: a reader never sees half of them')
    .option('--listen <host:port>', 'answer /metrics there, and nothing else, until SIGTERM')
    .addHelpText(
      'after',
      '\nExamples:\n  settle metrics\n  settle metrics --file /var/lib/prometheus/node-exporter/settle.prom\n  settle metrics --listen 127.0.0.1:9466\n',
    )
    .action(async (_own: unknown, own) => {
      const flags: Flags = own.optsWithGlobals();
      const { parseListen } = await import('../listen-address.ts');
      const address = flags.listen === undefined ? undefined : parseListen('--listen', flags.listen);
      if (address !== undefined && flags.file !== undefined) {
        const { usageError } = await import('../../errors.ts');
        throw usageError('--file and --listen say two things', 'give one of them');
      }
      await withReadableDatabase(flags, async ({ database }) => {
        const { metricsText, sharedMetrics } = await import('../metrics/metrics-text.ts');
        if (address !== undefined) {
          const { answerUntilStopped } = await import('../metrics/listen.ts');
          return await answerUntilStopped(
            address,
            sharedMetrics(database, () => registry.metrics()),
          );
        }
        const text = await metricsText(database, await registry.metrics());
        if (flags.file === undefined) {
          const { print } = await import('../output/stdout.ts');
          await print(text);
        } else {
          const { writeTextfile } = await import('../textfile.ts');
          await writeTextfile('--file', flags.file, text);
        }
      });
    });
  forOutput(command);
}
