/** `settle bench`: compares settle with what a user would pick instead, on the same rows in one run. */

import { count } from '../../cli/arguments.ts';
import type { Cli } from '../../cli/cli.ts';
import { collectFloor } from '../floors.ts';
import type { BenchFlags } from './bench-flags.ts';

const HELP = `
The bench works in a database of its own: one that is empty, or that it has made. It is never pointed at rows of
somebody else: it refuses, and leaves them as they are.

Examples:
  SETTLE_DATABASE_URL=mariadb://... settle bench --rows 2000000 --html bench.html
  settle bench daily copy --rounds 5 --json > bench.json
  settle bench --from bench.json --markdown docs/performance.md
  settle bench --ci --floor workers=0.9
`;

export function registerBench({ program, exit }: Cli): void {
  const command = program
    .command('bench')
    .description('compare settle with other ways to do the same, on the same rows, in one run')
    .argument('[case...]', 'what to compare (default: those marked so by --list)')
    .option('--rows <n>', 'rows of the view log (default: 2000000; with --ci 300000)', count('--rows'))
    .option('--date <date>', 'business date of the rows', '2026-11-19')
    .option('--zone <zone>', 'IANA time zone of the date (default: Asia/Seoul)')
    .option('--shape <shape>', 'how views spread over videos: uniform, zipf or hot', 'zipf')
    .option('--videos <n>', 'videos (default: 100000; with --ci 10000)', count('--videos'))
    .option('--disorder <seconds>', 'how late a row may arrive', count('--disorder'), 120)
    .option('--rounds <n>', 'rounds; the contenders take turns in each (default: 3)', count('--rounds'))
    .option('--rounds-slow <n>', 'rounds of the slowest contenders', count('--rounds-slow'), 1)
    .option('--contenders <names>', 'only these, separated by commas')
    .option('--peers <folder>', 'where the other batch programs are (default: SETTLE_BENCH_PEERS)')
    .option('--remake', 'throw away rows that the bench made with other parameters')
    .option('--adopt', 'take over a database that one `settle seed`, and nobody else, has filled')
    .option('--ci', 'small and quick; exit code 1 when a ratio falls below its floor')
    .option('--floor <name=ratio>', 'with --ci: the lowest ratio that passes; may be repeated', collectFloor)
    .option('--from <file>', 'show what --json printed earlier, and run nothing; may be repeated', collectFile)
    .option('--list', 'list the cases')
    .option('--json', 'print one JSON object')
    .option('--html <file>', 'also write a page with charts, which needs no network')
    .option('--markdown <file>', 'also write tables into a document, and pictures into a folder of its name')
    .addHelpText('after', HELP)
    .action(async (names: string[]) => {
      const { benchCommand } = await import('./bench-command.ts');
      exit(await benchCommand(names, command.optsWithGlobals<BenchFlags>()));
    });
}

function collectFile(path: string, soFar: readonly string[] = []): string[] {
  return [...soFar, path];
}
