/**
 * JobParameters: the typed, validated inputs of a run. The identifying ones make the JobInstance (job-key.ts).
 */

/** `date` is a calendar date (java.time.LocalDate), written `YYYY-MM-DD`. */
export type ParameterType = 'string' | 'long' | 'double' | 'date';

export interface ParameterDefinition {
  readonly name: string;
  readonly type: ParameterType;
  /** Part of the instance's identity. */
  readonly identifying: boolean;
  readonly required: boolean;
  /** Blanks around the text belong to it. Default false: they are taken off. */
  readonly isVerbatim?: boolean;
  /** It names what the run reads: `settle runs` shows it where there is no date, `settle skipped` where to correct. */
  readonly isInput?: boolean;
  /** Text as a user would type it; used when the parameter is absent. */
  readonly default?: string;
  readonly description: string;
  /** An example value for `--help`. */
  readonly example?: string;
  /** Returns what is wrong with the text, in one line, or undefined. Called after the type was checked. */
  validate?(text: string): string | undefined;
  /** The one text of a value that can be written in several ways, so that all of them name one instance. */
  canonical?(text: string): string;
}

export interface JobParameter {
  readonly name: string;
  readonly type: ParameterType;
  /** Canonical text of the value. */
  readonly value: string;
  readonly identifying: boolean;
}

/** Immutable set of parameters, by name. */
export class JobParameters {
  readonly all: readonly JobParameter[];

  constructor(all: readonly JobParameter[]) {
    this.all = [...all].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  }

  /** The canonical text of a parameter, or undefined. */
  get(name: string): string | undefined {
    return this.all.find((parameter) => parameter.name === name)?.value;
  }

  /** The business date that the run is for: the first identifying parameter of type `date`, by name. */
  get businessDate(): string | undefined {
    return this.all.find(({ type, identifying }) => type === 'date' && identifying)?.value;
  }

  /** As `get`, for one that the definition requires or defaults; throws when it is absent (a programming error). */
  require(name: string): string {
    const value = this.get(name);
    if (value === undefined) throw new Error(`parameter ${name} is not defined for this job`);
    return value;
  }
}
