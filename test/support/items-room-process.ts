/**
 * A process for the kill tests of src/items: `node items-room-process.ts URL FOLDER READER`. Copies the rows of `source`, or of
 * FOLDER/in-*.csv, into the table `target` and into files of FOLDER; under kill-switch.ts it dies at a point of its talk.
 */
import { openDatabase } from '../../src/database/open.ts';
import type { JobDefinition } from '../../src/engine/job.ts';
import type { StepContext } from '../../src/engine/step-context.ts';
import { compositeWriter } from '../../src/items/composite-writer.ts';
import { fileReader } from '../../src/items/file-reader.ts';
import { fileWriter } from '../../src/items/file-writer.ts';
import { listReader } from '../../src/items/list-reader.ts';
import type { PlainRow } from '../../src/items/plain-rows.ts';
import { queryReader } from '../../src/items/query-reader.ts';
import { tableReader } from '../../src/items/table-reader.ts';
import { tableWriter } from '../../src/items/table-writer.ts';
import { type ItemReader, itemStep } from '../../src/steps/item-step.ts';
import { runJob } from '../../src/steps/run-job.ts';

const [url, folder, reader] = process.argv.slice(2);

const readers: Readonly<Record<string, (context: StepContext) => ItemReader<PlainRow, unknown>>> = {
  table: ({ database }) => tableReader(database, { table: 'source', key: 'id' }),
  'query-key': ({ database }) =>
    queryReader(database, { sql: 'SELECT id, name FROM source WHERE id > ?', bindings: [0], key: 'id' }),
  'query-count': ({ database }) => queryReader(database, { sql: 'SELECT id, name FROM source ORDER BY id' }),
  file: () => fileReader({ source: `${folder}/in-*.csv*`, format: { type: 'csv' } }),
  stdin: () => fileReader({ source: '-', format: { type: 'csv' } }),
  list: () => listReader(Array.from({ length: 10 }, (_, i): PlainRow => ({ id: i + 1, name: `n${i + 1}` }))),
};

const job: JobDefinition = {
  name: 'items-room',
  description: 'copies rows',
  parameters: [],
  steps: [
    itemStep<PlainRow>({
      name: 'copy',
      chunkSize: 3,
      reader: (context) => readers[reader](context),
      writer: ({ database }) =>
        compositeWriter<PlainRow, unknown>(
          tableWriter(database, { table: 'target', columns: ['id', 'name'] }),
          fileWriter({
            path: `${folder}/out-{n}.csv`,
            format: { type: 'csv', columns: ['id', 'name'] },
            rowsAFile: 4,
            footer: ({ rows }) => `rows,${rows}`,
          }),
        ),
    }),
  ],
};

const database = await openDatabase(url);
try {
  const { exitCode } = await runJob(database, job, {});
  process.exitCode = exitCode;
} finally {
  await database.close();
}
