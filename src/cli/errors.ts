/**
 * How an error leaves the program: one line on stderr and an exit code. Stacks are shown only where the log level is
 * `debug` or `trace`.
 */
import { isSettleError } from '../errors.ts';

/** Writes the one line; resolves to the exit code. */
export async function reportError(
  error: unknown,
  logLevel: string | undefined = process.env.SETTLE_LOG,
): Promise<number> {
  // Loaded late: most errors are ours, and need no table of database errors.
  const known = isSettleError(error) ? error : (await import('../database/errors.ts')).toSettleError(error);
  process.stderr.write(`${oneLine(known.message, known.hint)}\n`);
  if (logLevel === 'debug' || logLevel === 'trace') {
    for (let at: unknown = known; at instanceof Error; at = at.cause) process.stderr.write(`${at.stack}\n`);
  }
  return known.exitCode;
}

/** `settle: message. Hint.` on one line, whatever line breaks are inside. */
export function oneLine(message: string, hint?: string): string {
  const text = flat(message);
  if (hint === undefined || hint === '') return `settle: ${text}`;
  return `settle: ${sentence(text)} ${sentence(capital(flat(hint)))}`;
}

function flat(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ').trim();
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function capital(text: string): string {
  // A word of prose, not a URL or a name in code.
  return /^[a-z]+[ ,]/.test(text) ? text[0].toUpperCase() + text.slice(1) : text;
}
