/** `settle metrics`: what `/metrics` of the service tells, for machines on which none runs. */
import type { Cli } from '../../cli/cli.ts';
import type { GlobalFlags } from '../../cli/config.ts';

interface Flags extends GlobalFlags {
  readonly file?: string;
}

export function registerMetricsCommand({ program, withReadableDatabase, forOutput }: Cli): void {
  const command = program
    .command('metrics')
    .description('print the metrics of the database for Prometheus, or write them for a textfile collector')
    .option('--file <file>', 'write them there in one step: a reader never sees half of them')
    .addHelpText(
      'after',
      '\nExamples:\n  settle metrics\n  settle metrics --file /var/lib/prometheus/node-exporter/settle.prom\n',
    )
    .action(async (_own: unknown, own) => {
      const flags: Flags = own.optsWithGlobals();
      await withReadableDatabase(flags, async ({ database }) => {
        const { Registry } = await import('@prometheus-io/client');
        const { DatabaseMetrics } = await import('./database-metrics.ts');
        const registry = new Registry();
        await new DatabaseMetrics(database, registry).collect(new Date());
        const text = await registry.metrics();
        if (flags.file === undefined) {
          const { print } = await import('../../cli/output/stdout.ts');
          await print(text);
        } else {
          const { writeTextfile } = await import('./textfile.ts');
          await writeTextfile(flags.file, text);
        }
      });
    });
  forOutput(command);
}
