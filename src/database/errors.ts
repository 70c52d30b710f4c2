/**
 * Driver errors, sorted: what may be tried again, what is wrong with the data, what must stop the run, and what to tell
 * the operator. The tables of error-rules/ decide. Errors are known by their own properties (`errno`, `code`), never by
 * their class: they come from several drivers and from other threads.
 */
import { ExitCode, isSettleError, SettleError } from '../errors.ts';
import { accessRules } from './error-rules/access.ts';
import { connectionRules } from './error-rules/connection.ts';
import { dataRules } from './error-rules/data.ts';
import { type ErrorClass, type ErrorRule, NO_CODE } from './error-rules/error-rule.ts';
import { limitRules } from './error-rules/limits.ts';
import { schemaRules } from './error-rules/schema.ts';
import { storageRules } from './error-rules/storage.ts';

export type { ErrorClass } from './error-rules/error-rule.ts';

const DUPLICATE_KEY_CODES: readonly number[] = [1062, 1586];
/** The code of an error that no rule knows. */
export const UNEXPECTED = 'UNEXPECTED';
/** Of a driver's text, for one line. */
const TEXT_LENGTH_MAX = 500;

/** Of several rules for one code the first that fits decides. */
const RULES = [connectionRules, limitRules, storageRules, dataRules, schemaRules, accessRules].flat();

let rulesByCode = indexed(RULES);

/**
 * Makes known what errors mean that name tables which the engine does not know. These rules are asked before the
 * engine's own; a second call replaces those of the first. It changes words and exit codes for people: the class of an
 * error is asked in worker threads as well, where nobody has called this.
 */
export function useErrorRules(rules: readonly ErrorRule[]): void {
  rulesByCode = indexed([...rules, ...RULES]);
}

function indexed(rules: readonly ErrorRule[]): ReadonlyMap<number | string, readonly ErrorRule[]> {
  const byCode = new Map<number | string, ErrorRule[]>();
  for (const rule of rules) {
    for (const code of rule.codes) byCode.set(code, [...(byCode.get(code) ?? []), rule]);
  }
  return byCode;
}

/** How an error is to be handled. Unknown errors are fatal. A SettleError is what its cause is. */
export function classifyError(error: unknown): ErrorClass {
  const own = ruleOf(error)?.class;
  if (own !== undefined) return own;
  const cause = isSettleError(error) ? error.cause : undefined;
  return (cause === undefined ? undefined : ruleOf(cause)?.class) ?? 'fatal';
}

/**
 * The error as one clear line with a hint and an exit code. SettleErrors are returned as they are; unknown errors keep
 * the first line of their message. `where` (a display URL, say) is named in the message.
 */
export function toSettleError(error: unknown, where?: string): SettleError {
  if (isSettleError(error)) return error;
  const text = driverText(error);
  const rule = ruleOf(error);
  const place = where === undefined ? '' : ` (${where})`;
  if (rule === undefined) {
    return new SettleError(UNEXPECTED, ExitCode.failed, `${text}${place}`, {
      hint: 'this was not foreseen; run again with --log-level debug for more, and report it',
      cause: error,
    });
  }
  return new SettleError(rule.code, rule.exitCode, `${rule.message}${place}: ${text}`, {
    hint: rule.hint,
    cause: error,
  });
}

/** Whether a row was refused because its primary key is there: on servers any duplicate has the same number. */
export function isPrimaryKeyClash(error: unknown): boolean {
  const { errno, code } = (error ?? {}) as { errno?: unknown; code?: unknown };
  if (code === 'SQLITE_CONSTRAINT_PRIMARYKEY' || code === 'SQLITE_CONSTRAINT_ROWID') return true;
  return DUPLICATE_KEY_CODES.includes(errno as number) && /\bPRIMARY'?\s*$/.test(driverText(error));
}

function ruleOf(error: unknown): ErrorRule | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { errno, code } = error as { errno?: unknown; code?: unknown };
  const keys: (number | string)[] = [];
  // Node's own errors have negative numbers, which say nothing that their code does not.
  if (typeof errno === 'number' && errno > 0) keys.push(errno);
  if (typeof code === 'string') keys.push(code, code.split('_', 2).join('_'));
  if (keys.length === 0) keys.push(NO_CODE);
  const text = driverText(error);
  for (const key of keys) {
    const rule = rulesByCode.get(key)?.find(({ pattern }) => pattern === undefined || pattern.test(text));
    if (rule !== undefined) return rule;
  }
  return undefined;
}

/** The driver's own words, on one line. knex's message has the statement before them; open.ts keeps them apart. */
function driverText(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  const { sqlMessage, message } = error as { sqlMessage?: unknown; message?: unknown };
  const text = typeof sqlMessage === 'string' ? sqlMessage : typeof message === 'string' ? message : '';
  const line = text.trim().split('\n', 1)[0];
  return line === '' ? nameOf(error) : line.slice(0, TEXT_LENGTH_MAX);
}

/** AggregateError, which Node throws when all addresses of a host refuse, has an empty message but a code. */
function nameOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return typeof code === 'string' ? code : typeof name === 'string' ? name : 'unknown error';
}
