/** `settle migrate`: brings the schema up to date, or tells whether it is. The one command that takes an old schema. */
import { ExitCode } from '../../errors.ts';
import type { Cli } from '../cli.ts';

export function registerMigrate({ program, exit, registry, withDatabase }: Cli): void {
  program
    .command('migrate')
    .description('create or update the tables, under a lock')
    .option('--status', 'only tell what is pending; exit 10 when something is')
    .option('--dry-run', 'tell what would be applied and what runs now; change nothing')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExamples:\n  settle migrate\n  settle migrate --status\n  settle migrate --dry-run\n')
    .action(async (flags: { status?: boolean; dryRun?: boolean; json?: boolean }, command) => {
      const options = { schema: 'any', create: !flags.status && !flags.dryRun } as const;
      await withDatabase(
        command.optsWithGlobals(),
        async ({ database }) => {
          const migrations = await registry.options.migrations();
          const known = await registry.options.knownMigrations?.();
          const { migrate, migrationStatus } = await import('../../database/migrate.ts');
          const { print } = await import('../output/stdout.ts');
          const { formatNumbered } = await import('../output/format.ts');
          const { formatJson } = await import('../output/json.ts');
          if (flags.status) {
            const status = await migrationStatus(database, migrations, known);
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
          const { listLiveRuns } = await import('../live-runs.ts');
          const live = await listLiveRuns(database);
          if (flags.dryRun) {
            const { pending } = await migrationStatus(database, migrations, known);
            if (flags.json) return await print(formatJson({ pending, live }));
            const lines = [
              ...pending.map((name) => `would apply  ${name}\n`),
              ...live.map((run) => `runs now     ${run.text}\n`),
            ];
            return await print(lines.length === 0 ? `${database.displayUrl} is up to date\n` : lines.join(''));
          }
          const { tell } = await import('../errors.ts');
          for (const run of live) tell(`${run.text} while the schema changes`, `\`settle show ${run.id}\` follows it`);
          const applied = await migrate(database, migrations, known);
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
