/** The one error of an input file that is not what it should be: file, line, what is wrong. */
import { ExitCode, SettleError } from '../../errors.ts';
import { showName } from './quote.ts';

export const MALFORMED_INPUT = 'MALFORMED_INPUT';
const HINT = 'correct the file and run settle import again';

/** Exit code 2. `line` counts from 1, the header included; undefined when the file as a whole is meant. */
export function malformed(file: string, line: number | undefined, problem: string, hint = HINT): SettleError {
  const place = line === undefined ? showName(file) : `${showName(file)} line ${line}`;
  return new SettleError(MALFORMED_INPUT, ExitCode.usage, `${place}: ${problem}`, { hint });
}

/** A line that holds bytes which are no text in the file's encoding. */
export function invalidEncoding(file: string, line: number, encoding: string): SettleError {
  const hint = 'correct the file, or say by --encoding how it is written, for example --encoding cp949';
  return new SettleError(MALFORMED_INPUT, ExitCode.usage, `${showName(file)} line ${line} is not ${encoding}`, {
    hint,
  });
}
