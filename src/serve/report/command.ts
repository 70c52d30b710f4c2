/** `settle report`: what the page shows of a date, as one file that opens without a service. */
import { Option } from 'commander';
import type { Cli } from '../../cli/cli.ts';
import type { GlobalFlags } from '../../cli/config.ts';
import { tell } from '../../cli/errors.ts';

interface Flags extends GlobalFlags {
  readonly date: string;
  readonly html: string;
  readonly language: string;
}

export function registerReport({ program, registry, withReadableDatabase }: Cli): void {
  program
    .command('report')
    .description('write the money of a date, its run and what explains them into one HTML file')
    .requiredOption('--date <date>', 'business date')
    .requiredOption('--html <file>', 'the file, written in one step: a reader never sees half of it')
    .addOption(new Option('--language <language>', 'of its texts').choices(['en', 'ko']).default('en'))
    .addHelpText('after', '\nExample:\n  settle report --date 2026-11-20 --html night.html\n')
    .action(async (_own: unknown, command) => {
      const flags: Flags = command.optsWithGlobals();
      const { parseBusinessDate } = await import('../../rules/business-time.ts');
      const date = parseBusinessDate(flags.date);
      await withReadableDatabase(flags, async ({ database, logger, settings }) => {
        const { reportOf } = await import('./report-of.ts');
        const text = await reportOf({
          database,
          registry,
          logger,
          zone: settings.zone,
          date,
          language: flags.language,
        });
        const { writeTextfile } = await import('../../cli/textfile.ts');
        await writeTextfile('--html', flags.html, text);
        tell(`${flags.html} has the report of ${date}`);
      });
    });
}
