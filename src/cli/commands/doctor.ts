/** `settle doctor`: is everything in order for a run? Changes nothing. */

import type { Cli } from '../cli.ts';
import type { GlobalFlags } from '../config.ts';

interface Flags extends GlobalFlags {
  readonly json?: boolean;
}

export function registerDoctor({ program, exit, registry }: Cli): void {
  program
    .command('doctor')
    .description('check database, privileges, settings, disk and what is left over; say what to do')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExit code 0 when nothing failed, 1 when it may right itself, 2 when it needs a person.\n\nExample:\n  settle doctor\n',
    )
    .action(async (_own, command) => {
      const flags: Flags = command.optsWithGlobals();
      const { loadSettings } = await import('../config.ts');
      const settings = await loadSettings(flags);
      await registry.useErrorRules();
      const { examine } = await import('../../doctor/examine.ts');
      const { print } = await import('../output/stdout.ts');
      const { findings, exitCode } = await examine(settings.databaseUrl, {
        workers: settings.workers,
        mappings: await registry.mappings(settings),
        domains: await registry.health(),
        setAside: await registry.setAside(),
        migrations: await registry.options.migrations(),
        knownMigrations: await registry.options.knownMigrations?.(),
      });
      if (flags.json) {
        const { formatJson } = await import('../output/json.ts');
        const shown = findings.map(({ check, verdict, message, hint }) => ({ check, verdict, message, hint }));
        await print(formatJson({ ok: exitCode === 0, findings: shown }));
      } else await print((await import('../output/findings.ts')).findingsText(findings));
      exit(exitCode);
    });
}
