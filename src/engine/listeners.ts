/**
 * Listeners: code that is told of a run's beginnings and ends. What fails in one that is called *before* fails what was
 * to begin. What fails in one that is called *after* is logged and changes nothing: the end is committed by then, and
 * no listener can unsay it.
 */
import type { Logger } from 'pino';
import type { BatchStatus, StepExecution } from '../repository/types.ts';
import type { ExecutionContext } from './execution-context.ts';
import type { JobParameters } from './parameters.ts';
import type { StepContext } from './step-context.ts';

export interface JobEvent {
  readonly jobName: string;
  readonly jobExecutionId: number;
  readonly parameters: JobParameters;
  readonly jobContext: ExecutionContext;
  readonly logger: Logger;
}

export interface JobListeners {
  beforeJob?(event: JobEvent): Promise<void> | void;
  /** `exitMessage` says why it failed. */
  afterJob?(event: JobEvent, end: { readonly status: BatchStatus; readonly exitMessage: string }): Promise<void> | void;
}

export interface StepListeners {
  beforeStep?(context: StepContext): Promise<void> | void;
  afterStep?(context: StepContext, end: Readonly<StepExecution>): Promise<void> | void;
  /** Before each chunk of a chunk step is read. */
  beforeChunk?(context: StepContext): Promise<void> | void;
  /** After each commit of a chunk, with the counts so far. */
  afterChunk?(context: StepContext, counts: Readonly<StepExecution>): Promise<void> | void;
}

/** Runs an after-listener: what it throws is logged. */
export async function tellAfter(logger: Logger, listener: () => Promise<void> | void): Promise<void> {
  try {
    await listener();
  } catch (err) {
    logger.error({ err }, 'a listener failed; what it was told of is committed all the same');
  }
}
