/** `settle purge`: removes the metadata of runs that ended long ago. */
import { count } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import type { GlobalFlags } from '../config.ts';

const DAY_MS = 86_400_000;

interface Flags extends GlobalFlags {
  readonly days: number;
  readonly dryRun?: boolean;
  readonly forget?: boolean;
  readonly compact?: boolean;
  readonly json?: boolean;
}

export function registerPurge({ program, withDatabase }: Cli): void {
  program
    .command('purge')
    .description('remove the details of runs that ended long ago; what did not end well is kept')
    .requiredOption('--days <n>', 'runs that ended more than so many days ago', count('--days'))
    .option('--dry-run', 'say what would be removed; change nothing')
    .option('--forget', 'remove also that they were ever run: started again, they would run again')
    .option('--compact', 'give the room back to the file system: VACUUM on SQLite, OPTIMIZE TABLE on servers')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  settle purge --days 400 --dry-run\n')
    .action(async (_own, command) => {
      const flags: Flags = command.optsWithGlobals();
      await withDatabase(flags, async ({ database, registry }) => {
        const { purge } = await import('../../engine/purge.ts');
        const { print } = await import('../output/stdout.ts');
        const dryRun = flags.dryRun === true;
        const before = new Date(Date.now() - flags.days * DAY_MS);
        const { compactTables, readTableCounts, readLargestTables } = await import('../table-sizes.ts');
        const rowsBefore = await readTableCounts(database);
        const { rows: gone, ...result } = await purge(database, { before, forget: flags.forget === true, dryRun });
        const also = await registry.purge(database, before, dryRun);
        const rowsAfter = dryRun
          ? rowsBefore.map(({ table, rows }) => ({ table, rows: rows - gone[table] }))
          : await readTableCounts(database);
        if (flags.compact && !dryRun) await compactTables(database);
        const largest = await readLargestTables(database);
        const tables = rowsBefore.map(({ table, rows }, at) => ({ table, before: rows, after: rowsAfter[at].rows }));
        if (flags.json) {
          return await print(
            (await import('../output/json.ts')).formatJson({ dryRun, ...result, also, tables, largest }),
          );
        }
        const { instances, executions, stepExecutions } = result;
        const verb = dryRun ? 'would be removed' : 'removed';
        const { purgeText } = await import('../output/purge-text.ts');
        await print(
          `of ${instances} instances, ${executions} executions and ${stepExecutions} step executions ${verb}\n`,
        );
        for (const { what, removed } of also) if (removed > 0) await print(`${removed} ${what} ${verb}\n`);
        await print(purgeText(tables, largest, dryRun));
        const { tell } = await import('../errors.ts');
        for (const { kept } of also) if (kept !== undefined) tell(kept.why, kept.hint);
        if (!dryRun && !flags.compact && executions + stepExecutions > 0) {
          tell(
            'the freed room stays in the files for new rows',
            'the next purge with --compact gives it back to the file system',
          );
        }
      });
    });
}
