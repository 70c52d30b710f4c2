/**
 * A step that writes the lines of a file into one table of the platform. A line that holds no row is set aside and can be
 * replayed; a row whose id is there is passed over.
 */
import type { InsertTarget } from '../../database/dialect.ts';
import type { SqlValue } from '../../database/values.ts';
import type { ChunkStep } from '../../engine/step.ts';
import { ExitCode, SettleError } from '../../errors.ts';
import { tableWriter } from '../../items/table-writer.ts';
import { type FileLine, isProblem, readAgain } from './file-line.ts';
import { type OpenRows, writeRowsStep } from './file-rows.ts';
import { readingOf } from './reading.ts';
import type { OwnFields } from './row-source.ts';

const LINE_REFUSED = 'LINE_REFUSED';

/** A kind of file whose bad lines are set aside. */
export interface LineKind<T extends object> {
  readonly stepName: string;
  readonly open: OpenRows<FileLine<T>>;
  readonly fields: () => OwnFields<T>;
  readonly target: InsertTarget;
  readonly values: (row: T) => readonly SqlValue[];
}

export function writeLinesStep<T extends object>({ stepName, open, fields, target, values }: LineKind<T>): ChunkStep {
  return {
    ...writeRowsStep<FileLine<T>, T>({
      name: stepName,
      open,
      skip: { limit: Number.MAX_SAFE_INTEGER, on: [LINE_REFUSED] },
      keyOf: ({ key }) => key,
      payloadOf: ({ payload }) => payload,
      processor: () => ({ process: ({ line, content }) => rowIn(content, `line ${line}: `) }),
      writer: ({ database }) => tableWriter(database, target, values),
    }),
    async replay({ payload }, { database, parameters }, tx) {
      const { columns, parse } = fields();
      const row = rowIn(readAgain(payload, columns, readingOf(parameters), parse), '');
      await tableWriter(database, target, values).write([row], tx);
    },
  };
}

/** @throws SettleError LINE_REFUSED */
function rowIn<T extends object>(content: FileLine<T>['content'], place: string): T {
  if (!isProblem(content)) return content;
  throw new SettleError(LINE_REFUSED, ExitCode.failed, `${place}${content.problem}`, {
    hint: 'import the line again when it is corrected',
  });
}
