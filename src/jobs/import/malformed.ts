/** The one error of an input file that is not what it should be: file, line, what is wrong. */
import { ExitCode, SettleError } from '../../errors.ts';

export const MALFORMED_INPUT = 'MALFORMED_INPUT';
const HINT = 'correct the file and run settle import again';

/** Exit code 2. `line` counts from 1, the header included; undefined when the file as a whole is meant. */
export function malformed(file: string, line: number | undefined, problem: string, hint?: string): SettleError {
  const place = line === undefined ? file : `${file} line ${line}`;
  return new SettleError(MALFORMED_INPUT, ExitCode.usage, `${place}: ${problem}`, { hint: hint ?? HINT });
}
