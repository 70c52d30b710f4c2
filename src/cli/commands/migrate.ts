/** `settle migrate`: brings the schema up to date, or tells whether it is. The one command that takes an old schema. */
import { ExitCode } from '../../errors.ts';
import type { Cli } from '../program.ts';

export function registerMigrate({ program, exit }: Cli): void {
  program
    .command('migrate')
    .description('create or update the tables, under a lock')
    .option('--status', 'only tell what is pending; exit 10 when something is')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExamples:\n  settle migrate\n  settle migrate --status\n')
    .action(async (flags: { status?: boolean; json?: boolean }, command) => {
      const { withDatabase } = await import('../context.ts');
      const options = { anySchema: true, create: !flags.status };
      await withDatabase(
        command.optsWithGlobals(),
        async ({ database }) => {
          const { migrate, migrationStatus } = await import('../../database/migrate.ts');
          const { print } = await import('../output/stdout.ts');
          const { formatNumbered } = await import('../output/format.ts');
          const { formatJson } = await import('../output/json.ts');
          if (flags.status) {
            const status = await migrationStatus(database);
            const current = status.pending.length === 0 && status.unknown.length === 0;
            if (flags.json) await print(formatJson({ current, ...status }));
            else {
              const lines = [
                ...status.applied.map((name) => `applied  ${name}\n`),
                ...status.pending.map((name) => `pending  ${name}\n`),
                ...status.unknown.map((name) => `unknown  ${name} (applied by a newer settle)\n`),
              ];
              await print(lines.join(''));
            }
            if (!current) exit(ExitCode.schemaOutdated);
            return;
          }
          const applied = await migrate(database);
          if (flags.json) await print(formatJson({ applied }));
          else if (applied.length === 0) await print(`${database.displayUrl} is up to date\n`);
          else
            await print(
              `${database.displayUrl}: applied ${formatNumbered(applied.length, 'migration')}, up to ${applied.at(-1)}\n`,
            );
        },
        options,
      );
    });
}
