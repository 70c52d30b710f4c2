/** `settle skipped ID`: the records that an execution set aside, with reasons. */
import { count } from '../arguments.ts';
import type { GlobalFlags } from '../config.ts';
import type { Cli } from '../program.ts';

const LIMIT_DEFAULT = 1_000;

interface Flags extends GlobalFlags {
  readonly limit: number;
  readonly json?: boolean;
}

export function registerSkipped({ program }: Cli): void {
  program
    .command('skipped')
    .description('list the records that an execution set aside, with reasons')
    .argument('<id>', 'number of the execution, as `settle runs` lists it')
    .option('--limit <n>', 'at most so many, by row id', count('--limit'), LIMIT_DEFAULT)
    .option('--json', 'print a JSON array')
    .addHelpText('after', '\nExample:\n  settle skipped 42 --json\n')
    .action(async (idText: string, _own, command) => {
      const flags: Flags = command.optsWithGlobals();
      const { parseId } = await import('../arguments.ts');
      const id = parseId(idText);
      const { withDatabase } = await import('../context.ts');
      await withDatabase(flags, async ({ database }) => {
        const { requireExecution } = await import('../find-execution.ts');
        const { countQuarantine, readQuarantine } = await import('../../jobs/daily/read-quarantine.ts');
        const { print } = await import('../output/stdout.ts');
        const { formatTable } = await import('../output/table.ts');
        await requireExecution(database, id);
        const rows = await readQuarantine(database, id, { limit: flags.limit });
        const total = await countQuarantine(database, id);
        if (flags.json) await print((await import('../output/json.ts')).formatJson(rows));
        else {
          const columns = [
            { header: 'row', align: 'right' as const },
            { header: 'date' },
            { header: 'reason' },
            { header: 'record' },
          ];
          const cells = rows.map((row) => [String(row.rowId), row.businessDate ?? '-', row.reason, row.payload]);
          await print(rows.length === 0 ? 'nothing was skipped\n' : formatTable(columns, cells));
        }
        if (rows.length < total) process.stderr.write(`settle: ${rows.length} of ${total} shown; --limit shows more\n`);
      });
    });
}
