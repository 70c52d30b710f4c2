/** How a run tells of its progress. The engine calls it at every commit; the command line draws it. */

export type ProgressEvent = JobStarted | StepProgress;

/** First, and once: what the run is. */
export interface JobStarted {
  readonly type: 'job-started';
  readonly job: string;
  readonly execution: number;
  /** For jobs that have one. */
  readonly businessDate: string | undefined;
}

export type StepProgress =
  | {
      readonly type: 'step-started';
      readonly step: string;
      readonly rowsExpected: number | undefined;
      readonly rowsDone: number;
    }
  | {
      readonly type: 'partition-started';
      readonly step: string;
      readonly partition: number;
      readonly rowsExpected: number;
      readonly rowsDone: number;
      /** Of the worker that has taken it; absent for the run's own threads. */
      readonly host?: string;
    }
  /** `rowsDone` counts from the beginning of the partition, or of the step where there is no partition. */
  | {
      readonly type: 'advanced';
      readonly step: string;
      readonly partition: number | undefined;
      readonly rowsDone: number;
    }
  /** It has given up a part of its range to another one. */
  | {
      readonly type: 'partition-resized';
      readonly step: string;
      readonly partition: number;
      readonly rowsExpected: number;
    }
  | { readonly type: 'partition-ended'; readonly step: string; readonly partition: number; readonly status: string }
  | { readonly type: 'step-ended'; readonly step: string; readonly status: string };

/** Must not throw and must return at once. */
export type ProgressSink = (event: ProgressEvent) => void;
