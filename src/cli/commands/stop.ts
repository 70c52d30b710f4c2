/** `settle stop ID`: asks a running execution to stop at its next chunk boundary. */
import type { Cli } from '../cli.ts';

export function registerStop({ program, withReadableDatabase }: Cli): void {
  program
    .command('stop')
    .description('ask a running execution to stop at its next chunk boundary')
    .argument('<id>', 'number of the execution, as `settle runs` lists it, or of a run that was started with --detach')
    .addHelpText('after', '\nExample:\n  settle stop 42\n')
    .action(async (idText: string, _flags, command) => {
      const { parseId } = await import('../arguments.ts');
      const id = parseId(idText);
      await withReadableDatabase(command.optsWithGlobals(), async ({ database }) => {
        const { print } = await import('../output/stdout.ts');
        const { stopRun } = await import('../stop-run.ts');
        await print(`${await stopRun(database, id)}\n`);
      });
    });
}
