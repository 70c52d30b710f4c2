/**
 * Step `check-file`: reads the whole file once, so that a malformed line ends the import before anything is written,
 * and so that the progress of the import has a total.
 */
import type { JobParameters } from '../../engine/parameters.ts';
import type { TaskletStep } from '../../engine/step.ts';
import type { RowSource } from './row-source.ts';

/** Key of the job's context: rows of the file. */
export const FILE_ROWS = 'fileRows';
const ROWS_PER_READ = 10_000;

export function checkFileStep(openRows: (parameters: JobParameters) => Promise<RowSource<unknown>>): TaskletStep {
  return {
    kind: 'tasklet',
    name: 'check-file',
    async run({ parameters, jobContext, signal, stepName, progress }) {
      const source = await openRows(parameters);
      let rowCount = 0;
      try {
        for (let rows = await source.read(ROWS_PER_READ); rows !== undefined; rows = await source.read(ROWS_PER_READ)) {
          signal.throwIfAborted();
          rowCount += rows.length;
          progress({ type: 'advanced', step: stepName, partition: undefined, rowsDone: rowCount });
        }
      } finally {
        source.close();
      }
      jobContext.put(FILE_ROWS, BigInt(rowCount));
      return { readCount: rowCount };
    },
  };
}
