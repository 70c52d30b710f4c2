/**
 * Step `check-file`: asks whether the tables can take the rows, and reads the whole file once, so that a malformed line
 * ends the import before anything is written, and so that the progress of the import has a total.
 */
import type { ColumnFacts } from '../../database/inspect.ts';
import type { JobParameters } from '../../engine/parameters.ts';
import type { TaskletStep } from '../../engine/step.ts';
import { quoteName } from './quote.ts';
import { FILE_ROWS, type RowSource } from './row-source.ts';
import { findSameContent, requireRepeatable } from './same-content.ts';
import { requireFittingTable, type TargetTable } from './target-columns.ts';

const ROWS_PER_READ = 10_000;

/** The columns of a target table by name, as `requireFittingTable` found them; one map a table. */
export type TargetColumns = readonly ReadonlyMap<string, ColumnFacts>[];

export interface CheckFile<T> {
  readonly openRows: (parameters: JobParameters) => Promise<RowSource<T>>;
  readonly targets: (parameters: JobParameters) => readonly TargetTable[];
  /** Whether rows that are there already are known as such. Default: they are. */
  readonly hasOwnKeys?: (source: RowSource<T>) => boolean;
  /** Throws MALFORMED_INPUT for a row that the target would change. */
  readonly checkRows?: (rows: readonly T[], columns: TargetColumns, file: string) => void;
}

export function checkFileStep<T>({ openRows, targets, hasOwnKeys, checkRows }: CheckFile<T>): TaskletStep {
  return {
    kind: 'tasklet',
    name: 'check-file',
    async run({ database, parameters, jobContext, jobInstanceId, signal, stepName, progress, logger }) {
      const columns: ReadonlyMap<string, ColumnFacts>[] = [];
      for (const target of targets(parameters)) columns.push(await requireFittingTable(database, target));
      const source = await openRows(parameters);
      try {
        const same = await findSameContent(database, parameters.require('digest'), jobInstanceId);
        if (same !== undefined) requireRepeatable(same, parameters, hasOwnKeys?.(source) ?? true, logger);
      } catch (error) {
        source.close();
        throw error;
      }
      if (source.unused.length > 0)
        logger.warn(`columns that are not used: ${source.unused.map(quoteName).join(', ')}`);
      let rowCount = 0;
      try {
        for (let rows = await source.read(ROWS_PER_READ); rows !== undefined; rows = await source.read(ROWS_PER_READ)) {
          signal.throwIfAborted();
          checkRows?.(rows, columns, parameters.require('file'));
          rowCount += rows.length;
          progress({ type: 'advanced', step: stepName, partition: undefined, rowsDone: rowCount });
        }
      } finally {
        source.close();
      }
      for (const warning of source.warnings()) logger.warn(warning);
      jobContext.put(FILE_ROWS, BigInt(rowCount));
      return { readCount: rowCount };
    },
  };
}
