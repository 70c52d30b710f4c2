/** The job `deliver`: what is due in the outbox, until nothing is. For a scheduler that has no place for a relay. */
import type { JobDefinition } from '../../engine/job.ts';
import { ExitCode, SettleError } from '../../errors.ts';
import { dateParameter } from '../date-parameters.ts';
import { sinkRoutes, sinkSecret } from './routes.ts';

export const deliverJob: JobDefinition = {
  name: 'deliver',
  description: 'what is due in the outbox goes to its sinks (SETTLE_SINKS)',
  parameters: [dateParameter('business date of the run: what is due is delivered, of any date')],
  steps: [
    {
      kind: 'tasklet',
      name: 'deliver',
      run: async ({ database, signal, logger, progress, stepName }) => {
        const { openSinks } = await import('./sinks/open-sinks.ts');
        const { relay } = await import('./lanes/relay.ts');
        const sinks = await openSinks(sinkRoutes(undefined), sinkSecret(), database);
        try {
          const { sent, failed, dead, unavailable } = await relay({
            database,
            sinks,
            once: true,
            signal,
            onProblem: (text, lane) => logger.warn({ lane }, text),
            onProgress: (counts) =>
              progress({ type: 'advanced', step: stepName, partition: undefined, rowsDone: counts.sent }),
          });
          signal.throwIfAborted();
          if (unavailable !== undefined) throw receiverAway(unavailable);
          return { readCount: sent + failed + dead, writeCount: sent, writeSkipCount: dead };
        } finally {
          await sinks.close();
        }
      },
    },
  ],
};

export function receiverAway(why: string): SettleError {
  return new SettleError('RECEIVER_UNAVAILABLE', ExitCode.failed, `a receiver is not available: ${why}`, {
    hint: 'nothing is lost: the messages wait; try again when it is back',
  });
}
