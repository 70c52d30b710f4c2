/** `settle recover`: names the executions whose owner is dead, and frees them. */
import type { Cli } from '../cli.ts';

export function registerRecover({ program, withReadableDatabase }: Cli): void {
  program
    .command('recover')
    .description('free executions whose owner is dead; live ones are left alone')
    .option('--json', 'print a JSON array')
    .addHelpText('after', '\nExample:\n  settle recover\n')
    .action(async (flags: { json?: boolean }, command) => {
      await withReadableDatabase(command.optsWithGlobals(), async ({ database }) => {
        const { recoverExecutions } = await import('../../engine/operate.ts');
        const { print } = await import('../output/stdout.ts');
        const recovered = await recoverExecutions(database);
        if (flags.json) {
          const { formatJson } = await import('../output/json.ts');
          await print(formatJson(recovered.map(({ id, jobName, exitMessage }) => ({ id, job: jobName, exitMessage }))));
          return;
        }
        const { listLiveRuns } = await import('../live-runs.ts');
        const live = await listLiveRuns(database);
        if (recovered.length + live.length === 0) await print('nothing runs, and no execution has lost its owner\n');
        for (const run of live) await print(`${run.text}\n`);
        for (const { id, jobName, exitMessage } of recovered) {
          await print(`execution ${id} (${jobName}) is freed: ${exitMessage}\n  settle restart ${id}\n`);
        }
      });
    });
}
