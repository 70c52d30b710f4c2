/** `settle skipped ID`: the records that an execution set aside, with reasons and where each is corrected. */
import { usageError } from '../../errors.ts';
import { count } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import type { GlobalFlags } from '../config.ts';

const LIMIT_DEFAULT = 1_000;

interface Flags extends GlobalFlags {
  readonly limit: number;
  readonly last?: boolean;
  readonly json?: boolean;
}

export function registerSkipped({ program, withReadableDatabase, forOutput }: Cli): void {
  const own = program
    .command('skipped')
    .description('list the records that an execution set aside, with reasons and where each is corrected')
    .argument('[id]', 'number of the execution, as `settle runs` lists it')
    .option('--last', 'the newest execution')
    .option('--limit <n>', 'at most so many records, by row id', count('--limit'), LIMIT_DEFAULT)
    .option('--json', 'print a JSON array of the records')
    .addHelpText('after', '\nExamples:\n  settle skipped 42 --json\n  settle skipped --last\n')
    .action(async (idText: string | undefined, _own, command) => {
      const flags: Flags = command.optsWithGlobals();
      if ((idText === undefined) === (flags.last !== true)) {
        throw usageError('name one execution, or --last', '`settle runs` lists them');
      }
      const { parseId } = await import('../arguments.ts');
      const id = idText === undefined ? undefined : parseId(idText);
      await withReadableDatabase(flags, async (context) => {
        const { database } = context;
        const { requireExecution, requireLastExecution } = await import('../find-execution.ts');
        const execution = id === undefined ? await requireLastExecution(context) : await requireExecution(database, id);
        const { readSkippedView } = await import('../skipped-view.ts');
        const view = await readSkippedView(context, execution, flags.limit);
        const { print } = await import('../output/stdout.ts');
        if (flags.json) {
          const { formatJson } = await import('../output/json.ts');
          const { skippedRecords } = await import('../output/skipped-json.ts');
          await print(formatJson(skippedRecords(view)));
        } else await print((await import('../output/skipped-text.ts')).skippedText(view));
        const { tell } = await import('../errors.ts');
        const { replacedBy: later, rows, records, total } = view;
        if (later !== undefined) {
          tell(`execution ${later.execution} ${later.words}`, `\`settle skipped ${later.execution}\` lists them`);
        }
        const shown = rows.length + records.length;
        if (shown < total) tell(`${shown} of ${total} shown`, '--limit shows more');
      });
    });
  forOutput(own);
}
