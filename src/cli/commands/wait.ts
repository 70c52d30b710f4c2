/** `settle wait ID`: waits for the end of a run, wherever it runs, and ends with its exit code. */
import type { Cli } from '../cli.ts';
import type { GlobalFlags } from '../config.ts';

export function registerWait({ program, exit, withDatabase }: Cli): void {
  program
    .command('wait')
    .description('wait for the end of a run, wherever it runs, and end with its exit code')
    .argument('<id>', 'number of the run, as --detach has printed it, or of an execution')
    .option('--json', 'print one JSON object at the end')
    .addHelpText('after', '\nExample:\n  settle wait 42        (as: settle run JOB --detach has printed it)\n')
    .action(async (idText: string, _own: unknown, command) => {
      const flags: GlobalFlags & { readonly json?: boolean } = command.optsWithGlobals();
      const { parseId } = await import('../arguments.ts');
      const id = parseId(idText);
      await withDatabase(flags, async (context) => {
        const { waitForRun } = await import('../wait-run.ts');
        exit(await waitForRun(context, id, flags));
      });
    });
}
