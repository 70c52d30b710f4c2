/** Parameters with the types that their definition gives them: `limit` is a bigint, and no cast says so. */
import type { JobParameters, ParameterDefinition, ParameterType } from './parameters.ts';

export interface ParameterOptions {
  readonly description?: string;
  /** As a user would type it. The parameter may then be left out. */
  readonly default?: string;
  /** Whether other values are other work. Default true. */
  readonly identifying?: boolean;
  readonly example?: string;
  /** Returns what is wrong with the text, in one line, or undefined. */
  readonly validate?: (text: string) => string | undefined;
}

/** One parameter of a job; `T` is what its steps are given. */
export interface TypedParameter<T> extends ParameterOptions {
  readonly type: ParameterType;
  readonly isOptional: boolean;
  /** As in `ParameterDefinition`. */
  readonly isInput?: boolean;
  parse(text: string): T;
  /** The one text of a value that can be written in several ways. */
  readonly canonical?: (text: string) => string;
}

export type TypedParameters = Readonly<Record<string, TypedParameter<unknown>>>;

export type ValuesOf<D extends TypedParameters> = {
  readonly [N in keyof D]: D[N] extends TypedParameter<infer T> ? T : never;
};

function parameter<T>(type: ParameterType, parse: (text: string) => T, options: ParameterOptions): TypedParameter<T> {
  return { ...options, type, parse, isOptional: false };
}

/** A calendar date, as the text `YYYY-MM-DD`. */
export function date(options: ParameterOptions = {}): TypedParameter<string> {
  return parameter('date', String, options);
}

export function text(options: ParameterOptions = {}): TypedParameter<string> {
  return parameter('string', String, options);
}

/** A whole number of 64 bits, as a bigint. */
export function long(options: ParameterOptions = {}): TypedParameter<bigint> {
  return parameter('long', BigInt, options);
}

/** A finite number. */
export function double(options: ParameterOptions = {}): TypedParameter<number> {
  return parameter('double', Number, options);
}

/** May be left out: then it is undefined. */
export function optional<T>(one: TypedParameter<T>): TypedParameter<T | undefined> {
  return { ...one, isOptional: true };
}

export function definitionsOf(parameters: TypedParameters): ParameterDefinition[] {
  return Object.entries(parameters).map(
    ([name, { type, isOptional, identifying = true, description = name, ...more }]) => ({
      name,
      type,
      identifying,
      required: !isOptional && more.default === undefined,
      description,
      isInput: more.isInput,
      default: more.default,
      example: more.example,
      validate: more.validate,
      canonical: more.canonical,
    }),
  );
}

export function valuesOf<D extends TypedParameters>(definitions: D, parameters: JobParameters): ValuesOf<D> {
  const values = Object.entries(definitions).map(([name, { parse }]) => {
    const stored = parameters.get(name);
    return [name, stored === undefined ? undefined : parse(stored)];
  });
  return Object.fromEntries(values) as ValuesOf<D>;
}
