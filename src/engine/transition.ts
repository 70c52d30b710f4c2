/** The first one whose `on` is the step's exit status, or `*`, is taken; if none is, the next step of the job follows. */
export interface Transition {
  /** An exit status (a tasklet returns its own as `exitStatus`; else it is COMPLETED), or `*`. */
  readonly on: string;
  /** `end` completes the job, `fail` fails it; anything else is the name of a step or split further on. */
  readonly to: string;
}
