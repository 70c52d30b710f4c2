/** What an import tells: what became of the rows of its file, and how it is started again when the file is at fault. */
import type { Database } from '../../database/database.ts';
import type { DescribedExecution, ExecutionDescription } from '../../engine/describe-execution.ts';
import type { ImportKind } from './import-parameters.ts';
import { readImportedView } from './imported-view.ts';
import { importedLines } from './output/imported-text.ts';
import { parseNullTexts } from './reading.ts';

/** @param writingStep name of the step that writes the rows */
export async function describeImport(
  database: Database,
  kind: ImportKind,
  writingStep: string | undefined,
  execution: DescribedExecution,
): Promise<ExecutionDescription> {
  const { status, exitMessage, steps, parameters } = execution;
  const writing = steps.find(({ name }) => name === writingStep);
  const imported = writing === undefined ? undefined : await readImportedView(database, writing);
  // Its first step reads the whole file: what fails there has written nothing, and mostly fails for the file. What
  // fails at a line later on, at a clash with the table say, does so again.
  const isForFile = steps.length === 1 || /\bline \d+(: | is not )/.test(exitMessage);
  return {
    fields: { imported },
    lines: imported === undefined ? [] : importedLines(imported),
    retry: status === 'FAILED' && isForFile ? `${startAgain(kind, parameters)}   (the file corrected)` : undefined,
  };
}

/** The command that the import was started with. */
function startAgain(kind: ImportKind, parameters: Readonly<Record<string, string>>): string {
  const given = (name: string): string | undefined => parameters[name];
  // Standard input was copied to a file that is gone.
  const file = given('file') === '-' ? '-' : shellWord(given('path') ?? '');
  const flags = ['map', 'zone', 'time-unit', 'ignore-columns', 'encoding'].flatMap((name) => {
    const value = given(name);
    return value === undefined ? [] : [`--${name} ${shellWord(value)}`];
  });
  const nulls = parseNullTexts(given('null') ?? '[]').map((text) => `--null ${shellWord(text)}`);
  const switches = ['register-videos', 'allow-partial-last-line', 'allow-repeat'].filter(
    (name) => given(name) === 'true',
  );
  const command = kind === 'grants' ? ['settle ledger post'] : ['settle import', kind];
  return [...command, file, ...flags, ...nulls, ...switches.map((name) => `--${name}`)].join(' ');
}

/** As bash reads it back, and harmless to a terminal. */
function shellWord(text: string): string {
  if (/^[\p{L}\p{N}_.,:=@%+/-]+$/u.test(text)) return text;
  if (!/\p{C}/u.test(text)) return `'${text.replaceAll("'", "'\\''")}'`;
  const escaped = text.replace(/[\\']/g, '\\$&').replace(/\p{C}/gu, (character) => {
    const code = character.codePointAt(0)!;
    return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`;
  });
  return `$'${escaped}'`;
}
