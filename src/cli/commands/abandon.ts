/** `settle abandon ID`: gives up a failed or stopped execution for good, with a reason. */
import { usageError } from '../../errors.ts';
import type { Cli } from '../cli.ts';

export function registerAbandon({ program, withDatabase }: Cli): void {
  program
    .command('abandon')
    .description('give up a failed or stopped execution for good')
    .argument('<id>', 'number of the execution, as `settle runs` lists it')
    .requiredOption('--reason <text>', 'why; it is kept with the execution')
    .addHelpText('after', "\nExample:\n  settle abandon 42 --reason 'the log of that date was replaced'\n")
    .action(async (idText: string, { reason }: { reason: string }, command) => {
      const { parseId } = await import('../arguments.ts');
      const id = parseId(idText);
      if (reason.trim() === '') throw usageError('--reason must say something');
      await withDatabase(command.optsWithGlobals(), async ({ database }) => {
        const { requireExecution } = await import('../find-execution.ts');
        const { abandonExecution } = await import('../../engine/operate.ts');
        const { id: own } = await requireExecution(database, id);
        await abandonExecution(database, own, reason.trim());
        const { print } = await import('../output/stdout.ts');
        await print(`execution ${own} is abandoned\n`);
      });
    });
}
