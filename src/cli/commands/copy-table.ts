/** `settle copy-table`: the rows of one table, from any database to any other. */
import { columnPairs, count } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import type { CopyFlags } from '../copy-flags.ts';

const HELP = `
A database is given as a URL without a password, or as file:PATH, a file of one line that holds its URL.

Examples:
  settle copy-table --from sqlite:old.db --to file:/etc/settle/new-url --table item --verify
  settle copy-table --from file:old-url --table old_item --into item --map price=won
`;

export function registerCopyTable({ program, registry, exit }: Cli): void {
  program
    .command('copy-table')
    .description('copy a table between SQLite, MariaDB and MySQL: restartable, nothing lost on the way')
    .requiredOption('--from <database>', 'database of the source')
    .option('--to <database>', 'database of the target (default: the one of the settings)')
    .requiredOption('--table <name>', 'table of the source')
    .option('--into <name>', 'table of the target (default: as the source); made where there is none')
    .option('--map <old=new,...>', 'columns by other names in the target', columnPairs)
    .option('--where <condition>', 'SQL that the rows meet')
    .option('--snapshot', 'rows of one moment: read in one transaction, by one thread')
    .option('--verify', 'compare both tables afterwards, row by row')
    .option('--workers <n>', 'worker threads (default: number of cores)', count('--workers'))
    .option('--partitions <n>', 'ranges to cut the key into (default: planned)', count('--partitions'))
    .option('--json', 'print one JSON object at the end')
    .addHelpText('after', HELP)
    .action(async (_own: unknown, command) => {
      const flags: CopyFlags = command.optsWithGlobals();
      const { runCopy } = await import('../run-copy.ts');
      exit(await runCopy(registry, flags));
    });
}
