/** The commands that go on after an import that failed for its file. Pure. */

import { shellWord } from '../../cli/shell-word.ts';
import { AMOUNT_UNIT } from '../payments/import/amount-parameter.ts';
import type { ImportKind } from './import-parameters.ts';
import { showName } from './quote.ts';
import { parseNullTexts } from './reading.ts';
import { ALLOW_REPEAT, repeatedExecution } from './same-content.ts';

const OPEN_LINE = 'allow-partial-last-line';
const SWITCHES = ['register-videos', OPEN_LINE, ALLOW_REPEAT];
const WITH_VALUES = ['map', 'zone', 'time-unit', 'ignore-columns', 'encoding', AMOUNT_UNIT];

/**
 * Undefined where `settle restart` goes on: what failed is not the file.
 * @param isOnlyChecked no step has begun to write: the first one reads the whole file
 */
export function retryCommands(
  kind: ImportKind,
  parameters: Readonly<Record<string, string>>,
  { exitMessage, isOnlyChecked }: { readonly exitMessage: string; readonly isOnlyChecked: boolean },
): readonly string[] | undefined {
  const again = startAgain(kind, parameters);
  const repeated = repeatedExecution(exitMessage);
  if (repeated !== undefined) {
    return [`settle show ${repeated}   (what is there)`, `${again} --${ALLOW_REPEAT}   (writes the rows once more)`];
  }
  if (/: the last line has no end: /.test(exitMessage)) {
    return [`${again}   (the file corrected)`, `${again} --${OPEN_LINE}   (its last line is whole)`];
  }
  // How the text is written: by line, or by the mark at the start.
  if (/ line \d+ is not |: the text (is|has no byte order mark) /.test(exitMessage)) {
    return [`${again}   (the file corrected, or with the --encoding that it is written in)`];
  }
  // What fails at a line later on, at a clash with the table say, does so again.
  if (/\bline \d+: /.test(exitMessage)) return [`${again}   (the file corrected)`];
  if (!isOnlyChecked) return undefined;
  if (/ is NOT NULL and has no default, | which settle cannot use as /.test(exitMessage)) {
    return [`${again}   (the table corrected)`];
  }
  if (/ has changed since this import was started$/.test(exitMessage)) return [`${again}   (the file as it is now)`];
  if (/^cannot read |its copy is gone$/.test(exitMessage)) return [`${again}   (the file there again)`];
  return exitMessage.startsWith(`${showName(parameters.file ?? '')}: `)
    ? [`${again}   (the file corrected)`]
    : undefined;
}

/** The command that the import was started with. */
function startAgain(kind: ImportKind, parameters: Readonly<Record<string, string>>): string {
  const given = (name: string): string | undefined => parameters[name];
  // Standard input was copied to a file that is gone.
  const file = given('file') === '-' ? '-' : shellWord(given('path') ?? '');
  const flags = WITH_VALUES.flatMap((name) => {
    const value = given(name);
    return value === undefined ? [] : [`--${name} ${shellWord(value)}`];
  });
  const nulls = parseNullTexts(given('null') ?? '[]').map((text) => `--null ${shellWord(text)}`);
  const switches = SWITCHES.filter((name) => given(name) === 'true').map((name) => `--${name}`);
  const command = kind === 'grants' ? ['settle ledger post'] : ['settle import', kind];
  return [...command, file, ...flags, ...nulls, ...switches].join(' ');
}
