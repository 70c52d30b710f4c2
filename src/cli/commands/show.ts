/** `settle show`: one execution with its steps, partitions, counts and verdicts, and what to do next. */
import { usageError } from '../../errors.ts';
import type { Cli } from '../cli.ts';

export function registerShow({ program, withReadableDatabase, forOutput }: Cli): void {
  const own = program
    .command('show')
    .description('show one execution: steps, partitions, counts, verdicts, and what to do next')
    .argument('[id]', 'number of the execution, as `settle runs` lists it')
    .option('--last', 'the newest execution')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExamples:\n  settle show 42\n  settle show --last --json\n')
    .action(async (idText: string | undefined, flags: { last?: boolean; json?: boolean }, command) => {
      if ((idText === undefined) === (flags.last !== true)) {
        throw usageError('name one execution, or --last', '`settle runs` lists them');
      }
      const { parseId } = await import('../arguments.ts');
      const id = idText === undefined ? undefined : parseId(idText);
      await withReadableDatabase(command.optsWithGlobals(), async (context) => {
        const { database } = context;
        const { requireExecution, requireLastExecution } = await import('../find-execution.ts');
        const execution = id === undefined ? await requireLastExecution(context) : await requireExecution(database, id);
        const { readExecutionView } = await import('../execution-view.ts');
        const { view, description } = await readExecutionView(context, execution, new Date());
        const { print } = await import('../output/stdout.ts');
        if (flags.json) await print((await import('../output/json.ts')).formatJson(view));
        else await print((await import('../output/execution-text.ts')).executionText(view, description));
      });
    });
  forOutput(own);
}
