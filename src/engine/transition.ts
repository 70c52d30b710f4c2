/**
 * Where a job goes on. The first one whose `on` fits the exit status is taken; if none does, the next step follows, and
 * after a failure the job fails.
 */
export interface Transition {
  /**
   * An exit status (a tasklet returns its own as `exitStatus`; else it is COMPLETED, or FAILED), or a pattern: `*` is any
   * characters, `?` is one. A failure is led on only by a pattern that names it, `FAILED` or `F*`: never by `*` alone.
   */
  readonly on: string;
  /**
   * `end` completes the job, `fail` fails it, `stop` stops it; anything else is the name of a step, split or decision
   * further on.
   */
  readonly to: string;
  /** With `end`, `fail` and `stop`: the exit code of the execution, upper-case words joined by `_`. */
  readonly status?: string;
  /** With `fail`: why, in one line for the operator. */
  readonly message?: string;
  /** With `stop`: where a restart goes on; default: behind the element that decided. */
  readonly restartAt?: string;
}
