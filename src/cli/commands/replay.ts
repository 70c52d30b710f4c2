/** `settle replay ID`: gives the records that an execution set aside another try. */
import { ExitCode } from '../../errors.ts';
import { askedExecution } from '../asked-run.ts';
import type { Cli } from '../cli.ts';
import type { GlobalFlags } from '../config.ts';
import type { RunFlags } from '../execute-job.ts';

export function registerReplay({ program, exit, withDatabase, forceOption, registry, helpOf, startsJob }: Cli): void {
  const command = program
    .command('replay')
    .description('give the records that an execution set aside another try')
    .argument('<id>', 'number of the execution, as `settle runs` lists it')
    .addOption(forceOption())
    .option('--json', 'print one JSON object at the end')
    .addHelpText('after', `\nExample:\n  settle replay 42\n${helpOf('replay')}`)
    .action(async (idText: string, _own, command) => {
      const flags: GlobalFlags & RunFlags = command.optsWithGlobals();
      const { parseId } = await import('../arguments.ts');
      const id = parseId(idText);
      await withDatabase(flags, async (context) => {
        const { database, logger } = context;
        const { requireExecution } = await import('../find-execution.ts');
        const { print } = await import('../output/stdout.ts');
        const { formatJson } = await import('../output/json.ts');
        const execution = await requireExecution(database, id);
        const job = await registry.findJob(execution.jobName);
        if (job.replay === 'rerun') {
          const stores = await registry.setAside();
          const waiting = await Promise.all(stores.map((store) => store.count(database, execution.id)));
          if (waiting.every((count) => count === 0)) {
            return await print(flags.json ? formatJson({ replayed: 0, failed: [] }) : 'nothing waits to be replayed\n');
          }
          const { listJobParameters } = await import('../../repository/job-parameters.ts');
          const { REVISION } = await import('../../engine/parse-parameters.ts');
          const { executeJob } = await import('../execute-job.ts');
          const stored = (await listJobParameters(database, execution.id)).filter(({ name }) => name !== REVISION);
          const parameters = Object.fromEntries(stored.map(({ name, value }) => [name, value]));
          return exit(await executeJob(context, job, parameters, { ...flags, rerun: true }));
        }
        const { requireFit } = await import('../force-unfit.ts');
        await requireFit(context, job, flags);
        const { replaySkipped } = await import('../../steps/replay.ts');
        const { stopSignal } = await import('../stop-signal.ts');
        const { replayed, failed } = await replaySkipped(database, job, execution, { logger, signal: stopSignal() });
        if (flags.json) {
          const shown = failed.map(({ record, error }) => ({ step: record.stepName, key: record.key, error }));
          await print(formatJson({ replayed, failed: shown }));
        } else {
          const again = failed.map(({ record, error }) => `  ${record.stepName} ${record.key}: ${error}\n`).join('');
          await print(
            replayed + failed.length === 0
              ? 'nothing waits to be replayed\n'
              : `${replayed} replayed, ${failed.length} failed again\n${again}`,
          );
        }
        exit(failed.length > 0 ? ExitCode.completedWithSkips : ExitCode.completed);
      });
    });
  startsJob(command, ({ args: [id] }) => askedExecution(id));
}
