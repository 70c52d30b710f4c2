/** `settle migrate`: brings the schema up to date, or tells whether it is. The one command that takes an old schema. */
import type { Database, Executor } from '../../database/database.ts';
import { ExitCode, SettleError } from '../../errors.ts';
import type { MappingChange } from '../../mapping/apply-mappings.ts';
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
        async ({ database, settings }) => {
          const migrations = await registry.options.migrations();
          const known = await registry.options.knownMigrations?.();
          const { migrate, migrationStatus } = await import('../../database/migrate.ts');
          const { print } = await import('../output/stdout.ts');
          const { formatNumbered } = await import('../output/format.ts');
          const { formatJson } = await import('../output/json.ts');
          const { applyMappings, readPendingMappings } = await import('../../mapping/apply-mappings.ts');
          const { requireFitMappings } = await import('../../mapping/examine-mapping.ts');
          const mappings = await registry.mappings(settings);
          if (flags.status) {
            const status = await migrationStatus(database, migrations, known);
            const unmapped = await readPendingMappings(database, mappings);
            const current = status.pending.length === 0 && status.unknown.length === 0 && unmapped.length === 0;
            if (flags.json) await print(formatJson({ current, ...status, ...asJson(unmapped) }));
            else {
              const lines = [
                ...status.applied.map((name) => `applied  ${name}\n`),
                ...status.pending.map((name) => `pending  ${name}\n`),
                ...unmapped.map(({ text }) => `pending  ${text}\n`),
                ...status.unknown.map((name) => `unknown  ${name} (applied by a newer settle)\n`),
              ];
              await print(lines.join(''));
            }
            if (!current) exit(ExitCode.schemaOutdated);
            return;
          }
          const { listLiveRuns } = await import('../live-runs.ts');
          const live = await listLiveRuns(database);
          const { pending } = await migrationStatus(database, migrations, known);
          const { requireFitTables } = await import('../own-tables.ts');
          const wanted = (await registry.health()).map(({ columns = {} }) => columns);
          await requireFitTables(database, pending, Object.assign({}, ...wanted));
          if (flags.dryRun) {
            const unmapped = await readPendingMappings(database, mappings);
            if (flags.json) return await print(formatJson({ pending, live, ...asJson(unmapped) }));
            const lines = [
              ...pending.map((name) => `would apply  ${name}\n`),
              ...unmapped.map(({ text }) => `would map    ${text}\n`),
              ...live.map((run) => `runs now     ${run.text}\n`),
            ];
            return await print(lines.length === 0 ? `${database.displayUrl} is up to date\n` : lines.join(''));
          }
          const { tell } = await import('../errors.ts');
          for (const run of live) tell(`${run.text} while the schema changes`, `\`settle show ${run.id}\` follows it`);
          // Before anything is made: a mapping that is wrong leaves the database as it is.
          await requireFitMappings(database, mappings);
          const applied = await migrate(database, migrations, known);
          const mapped = await applyMappings(database, mappings, (executor) => requireIdle(database, executor));
          if (flags.json) return await print(formatJson({ applied, ...asJson(mapped) }));
          if (applied.length === 0 && mapped.length === 0) await print(`${database.displayUrl} is up to date\n`);
          for (const { text } of mapped) await print(`${database.displayUrl}: ${text}\n`);
          if (applied.length > 0)
            await print(
              `${database.displayUrl}: applied ${formatNumbered(applied.length, 'migration')}, up to ${applied.at(-1)}\n`,
            );
        },
        options,
      );
    });
}

/** Only where there is something to say: most databases map nothing. */
function asJson(changes: readonly MappingChange[]): { readonly mappings?: readonly string[] } {
  return changes.length === 0 ? {} : { mappings: changes.map(({ text }) => text) };
}

/** @throws SettleError ALREADY_RUNNING (exit 11): what a run reads does not change under it */
async function requireIdle(database: Database, executor: Executor): Promise<void> {
  const { listLiveRuns } = await import('../live-runs.ts');
  const [run] = await listLiveRuns(database, executor);
  if (run === undefined) return;
  throw new SettleError(
    'ALREADY_RUNNING',
    ExitCode.alreadyRunning,
    `a mapping is not changed under a run: ${run.text}`,
    {
      hint: `wait for it, or \`settle stop ${run.id}\`; then run \`settle migrate\` again`,
    },
  );
}
