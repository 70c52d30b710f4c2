/** What an import tells: what became of the rows of its file, and how it is started again when the file is at fault. */
import type { Database } from '../../database/database.ts';
import type { DescribedExecution, ExecutionDescription } from '../../engine/describe-execution.ts';
import type { ImportKind } from './import-parameters.ts';
import { readImportedView } from './imported-view.ts';
import { importedLines } from './output/imported-text.ts';
import { retryCommands } from './retry-commands.ts';

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
  return {
    fields: { imported },
    lines: imported === undefined ? [] : importedLines(imported),
    retry:
      status === 'FAILED'
        ? retryCommands(kind, parameters, { exitMessage, isOnlyChecked: steps.length === 1 })
        : undefined,
  };
}
