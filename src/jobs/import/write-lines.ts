/**
 * A step that writes the lines of a file into one table of the platform. A line that holds no row is set aside and can be
 * replayed; a row whose id is there is passed over.
 */
import { bulkInsert } from '../../database/bulk-insert.ts';
import type { InsertTarget } from '../../database/dialect.ts';
import type { SqlValue } from '../../database/values.ts';
import type { ExecutionContext } from '../../engine/execution-context.ts';
import type { JobParameters } from '../../engine/parameters.ts';
import type { SkippedRecord } from '../../engine/skip-policy.ts';
import type { ChunkHandlers, ChunkStep, ItemChunk } from '../../engine/step.ts';
import { ExitCode, SettleError } from '../../errors.ts';
import { type FileLine, isProblem, readAgain } from './file-line.ts';
import { readingOf } from './reading.ts';
import { FILE_ROWS, type OwnFields, type RowSource } from './row-source.ts';
import { ROWS_DONE } from './write-views.ts';

const CHUNK_ROWS = 10_000;
const LINE_REFUSED = 'LINE_REFUSED';

/** A kind of file whose bad lines are set aside. */
export interface LineKind<T extends object> {
  readonly stepName: string;
  readonly open: (parameters: JobParameters, checked: ExecutionContext) => Promise<RowSource<FileLine<T>>>;
  readonly fields: () => OwnFields<T>;
  readonly target: InsertTarget;
  readonly values: (row: T) => readonly SqlValue[];
}

export function writeLinesStep<T extends object>({ stepName, open, fields, target, values }: LineKind<T>): ChunkStep {
  return {
    kind: 'chunk',
    name: stepName,
    chunkSize: CHUNK_ROWS,
    async open({ database, parameters, executionContext, jobContext }) {
      let rowsDone = executionContext.getLong(ROWS_DONE) ?? 0n;
      const source = await open(parameters, jobContext);
      try {
        await source.skip(Number(rowsDone));
      } catch (error) {
        source.close();
        throw error;
      }
      const handlers: ChunkHandlers<ItemChunk<FileLine<T>>, readonly T[]> = {
        async read(limit) {
          const items = await source.read(limit);
          rowsDone += BigInt(items?.length ?? 0);
          return items === undefined ? undefined : { items, size: items.length };
        },
        process({ items }) {
          const rows: T[] = [];
          const skipped: SkippedRecord[] = [];
          for (const { line, key, payload, content } of items) {
            if (!isProblem(content)) rows.push(content);
            else skipped.push({ phase: 'process', key, payload, error: `line ${line}: ${content.problem}` });
          }
          return {
            output: rows,
            writeCount: rows.length,
            filterCount: 0,
            processSkipCount: skipped.length,
            skipped,
          };
        },
        async write(rows, tx) {
          await bulkInsert(tx, database.dialect, target, rows.map(values));
        },
        saveState(state) {
          state.put(ROWS_DONE, rowsDone);
        },
        async close() {
          source.close();
        },
      };
      const fileRows = jobContext.getLong(FILE_ROWS);
      return { ...handlers, totalExpected: fileRows === undefined ? undefined : Number(fileRows) };
    },
    async replay({ payload }, { database, parameters }, tx) {
      const { columns, parse } = fields();
      const row = readAgain(payload, columns, readingOf(parameters), parse);
      if (isProblem(row)) {
        throw new SettleError(LINE_REFUSED, ExitCode.failed, row.problem, {
          hint: 'import the line again when it is corrected',
        });
      }
      await bulkInsert(tx, database.dialect, target, [values(row)]);
    },
  };
}
