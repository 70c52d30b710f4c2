/** `settle stop ID`: asks a running execution to stop at its next chunk boundary. */
import type { Cli } from '../cli.ts';

export function registerStop({ program, withReadableDatabase }: Cli): void {
  program
    .command('stop')
    .description('ask a running execution to stop at its next chunk boundary')
    .argument('<id>', 'number of the execution, as `settle runs` lists it')
    .addHelpText('after', '\nExample:\n  settle stop 42\n')
    .action(async (idText: string, _flags, command) => {
      const { parseId } = await import('../arguments.ts');
      const id = parseId(idText);
      await withReadableDatabase(command.optsWithGlobals(), async ({ database }) => {
        const { requireExecution } = await import('../find-execution.ts');
        const { requestStop } = await import('../../engine/operate.ts');
        await requireExecution(database, id);
        await requestStop(database, id);
        const { print } = await import('../output/stdout.ts');
        await print(`execution ${id} is stopping; \`settle restart ${id}\` will continue it\n`);
      });
    });
}
