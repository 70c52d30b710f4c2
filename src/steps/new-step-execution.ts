/** The row of a step, or of a partition, that starts now. */
import { type StepExecution, zeroCounts } from '../repository/types.ts';

/** Exit code of a step that has not ended. */
export const EXECUTING = 'EXECUTING';

export function newStepExecution(id: number, jobExecutionId: number, stepName: string, now: Date): StepExecution {
  return {
    id,
    jobExecutionId,
    stepName,
    version: 0,
    status: 'STARTED',
    exitCode: EXECUTING,
    exitMessage: '',
    createTime: now,
    startTime: now,
    endTime: undefined,
    lastUpdated: now,
    ...zeroCounts(),
  };
}
