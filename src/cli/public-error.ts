/**
 * The one form in which an error reaches a log or stderr: an allow-list of its fields. Errors of drivers and of Node
 * carry the statement, the connection's settings or the URL they could not read, password included; none of that is
 * ever copied.
 */
import { hideCredentials } from '../errors.ts';

/** Causes of causes, and errors in an AggregateError, that are followed. */
const DEPTH_MAX = 4;
const ERRORS_MAX = 5;
const TEXT_LENGTH_MAX = 2_000;

export interface PublicError {
  readonly type: string;
  readonly message: string;
  readonly code?: string;
  readonly errno?: number;
  readonly sqlState?: string;
  readonly hint?: string;
  /** Its frames; the message is not repeated there. */
  readonly stack?: string;
  readonly cause?: PublicError;
  readonly errors?: readonly PublicError[];
}

/** What may be told of anything that was thrown. Fields that are absent or of another type are left out. */
export function publicError(error: unknown, depth = 0): PublicError {
  if (typeof error !== 'object' || error === null) return { type: typeof error, message: publicText(String(error)) };
  const from = error as Readonly<Record<string, unknown>>;
  // knex puts the statement before the driver's own words.
  const message = typeof from.sqlMessage === 'string' ? from.sqlMessage : from.message;
  const isDeep = depth >= DEPTH_MAX;
  return {
    // `type` where a serializer sees what another has made already.
    type: [from.name, from.type].find((one) => typeof one === 'string') ?? 'Error',
    message: typeof message === 'string' ? publicText(message) : '',
    code: typeof from.code === 'string' ? publicText(from.code) : undefined,
    errno: typeof from.errno === 'number' ? from.errno : undefined,
    sqlState: typeof from.sqlState === 'string' ? publicText(from.sqlState) : undefined,
    hint: typeof from.hint === 'string' ? publicText(from.hint) : undefined,
    stack: typeof from.stack === 'string' ? frames(from.stack) : undefined,
    cause: from.cause === undefined || isDeep ? undefined : publicError(from.cause, depth + 1),
    errors:
      Array.isArray(from.errors) && !isDeep
        ? from.errors.slice(0, ERRORS_MAX).map((one) => publicError(one, depth + 1))
        : undefined,
  };
}

/** The fields of a log record: errors in it by the allow-list, texts without passwords of URLs. */
export function publicFields(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const fields = Object.entries(record).map(([name, value]) => [name, publicValue(value, 0)] as const);
  return Object.fromEntries(fields);
}

/** The same fields; errors among them, and their causes, without stacks. */
export function withoutStacks(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, withoutStack(value)]));
}

function withoutStack(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (Array.isArray(value)) return value.map(withoutStack);
  const isError = typeof (value as PublicError).type === 'string' && typeof (value as PublicError).message === 'string';
  const fields = Object.entries(value).filter(([name]) => !(isError && name === 'stack'));
  return Object.fromEntries(fields.map(([name, field]) => [name, withoutStack(field)]));
}

/** Settings of a connection that a job may have logged. */
const SECRET_NAME = /pass(word|phrase|wd)?\d?$|secret|credential|token|authorization|url$/i;

function publicValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return hideCredentials(value);
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (value instanceof Error) return publicError(value);
  if (depth >= DEPTH_MAX) return '[deeper]';
  if (Array.isArray(value)) return value.map((one) => publicValue(one, depth + 1));
  const fields = Object.entries(value).map(([name, field]) => {
    const isSecret = SECRET_NAME.test(name) && typeof field === 'string';
    return [name, isSecret ? '[hidden]' : publicValue(field, depth + 1)] as const;
  });
  return Object.fromEntries(fields);
}

function publicText(text: string): string {
  // Before the cut, which could take the @ away.
  return hideCredentials(text).slice(0, TEXT_LENGTH_MAX);
}

/** The lines that say where, without the message before them. */
function frames(stack: string): string {
  const lines = stack.split('\n').filter((line) => line.startsWith('    at '));
  return lines.map(publicText).join('\n');
}
