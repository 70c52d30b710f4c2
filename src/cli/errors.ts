/**
 * How an error leaves the program: one line on stderr and an exit code. Stacks are shown only where the log level is
 * `debug` or `trace`.
 */
import { environment } from '../environment.ts';
import { hideCredentials, isSettleError } from '../errors.ts';
import { visibleLine } from '../rules/visible-text.ts';
import { stderrWriter } from './output/writer.ts';
import { type PublicError, publicError } from './public-error.ts';

const LINE_BREAK = /[\r\n\u2028\u2029]/;

/** Writes the one line; resolves to the exit code. */
export async function reportError(
  error: unknown,
  logLevel: string | undefined = environment().SETTLE_LOG,
): Promise<number> {
  // Loaded late: most errors are ours, and need no table of database errors.
  const known = isSettleError(error) ? error : (await import('../database/errors.ts')).toSettleError(error);
  tell(known.message, known.hint);
  if (logLevel === 'debug' || logLevel === 'trace') {
    for (let at: PublicError | undefined = publicError(known); at !== undefined; at = at.cause) {
      stderrWriter.write(`${at.type}: ${at.message}\n${at.stack ?? ''}\n`);
    }
  }
  return known.exitCode;
}

/** A message for people: one line on stderr that begins with `settle:`, also where the log is JSON. */
export function tell(message: string, hint?: string): void {
  stderrWriter.write(`${oneLine(message, hint)}\n`);
}

/** `settle: message. Hint.` on one line, whatever line breaks are inside. */
export function oneLine(message: string, hint?: string): string {
  const text = flat(hideCredentials(message));
  if (hint === undefined || hint === '') return `settle: ${text}`;
  return `settle: ${sentence(text)} ${sentence(capital(flat(hint)))}`;
}

/** On one line. In linear time: text of others can be long. */
function flat(text: string): string {
  const lines = text.split(LINE_BREAK).map((line) => line.trim());
  return visibleLine(lines.filter((line) => line !== '').join(' '));
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function capital(text: string): string {
  // A word of prose, not a URL or a name in code.
  return /^[a-z]+[ ,]/.test(text) ? text[0].toUpperCase() + text.slice(1) : text;
}
