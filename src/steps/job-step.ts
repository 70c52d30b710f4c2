/** A job as a step of another one: it is started with parameters of its own, and has an execution of its own. */
import type { JobDefinition } from '../engine/job.ts';
import type { TaskletStep } from '../engine/step.ts';
import type { StepContext } from '../engine/step-context.ts';
import { ExitCode, SettleError } from '../errors.ts';
import { runJob } from './run-job.ts';

export interface JobStepOptions extends Omit<TaskletStep, 'kind' | 'run' | 'name'> {
  /** Default: the job's name. */
  readonly name?: string;
  readonly job: JobDefinition;
  /** As texts, of what the outer job knows. They make the inner instance: a restart of the outer job continues it. */
  parameters?(context: StepContext): Readonly<Record<string, string>>;
}

/**
 * The step is COMPLETED when the job is, also when it was before. Its skipped records are those of its own execution,
 * whose number is in the log; they do not count in the outer one.
 */
export function jobStep({ name, job, parameters, ...more }: JobStepOptions): TaskletStep {
  return {
    ...more,
    kind: 'tasklet',
    name: name ?? job.name,
    async run(context) {
      const { database, signal, logger, progress, options } = context;
      const { outcome, error, execution } = await runJob(database, job, parameters?.(context) ?? {}, {
        ...options,
        signal,
        logger,
        progress,
      });
      if (error !== undefined) throw error;
      if (outcome !== 'stopped') return undefined;
      signal.throwIfAborted();
      throw new SettleError(
        'INNER_JOB_STOPPED',
        ExitCode.failed,
        `${job.name} was stopped (execution ${execution.id})`,
        {
          hint: 'a restart of the outer job continues it',
        },
      );
    },
  };
}
