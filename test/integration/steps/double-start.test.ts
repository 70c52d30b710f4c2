/** Case 18: the same instance is started twice at once, 100 times (40 in a sample); exactly one runs each time. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { isSettleError } from '../../../src/errors.ts';
import { listJobExecutions } from '../../../src/repository/job-execution.ts';
import { runJob } from '../../../src/steps/run-job.ts';
import { type DatabaseKind, testDatabases } from '../../support/databases.ts';
import { type ItemsBench, itemsJob, openItemsBench, tasklet } from '../../support/items-job.ts';
import { isThorough } from '../../support/thorough.ts';
import { startToyProcess, type ToyProcess } from '../../support/toy/toy-process.ts';

/** Not on SQLite: there a thread that waits for the file's lock keeps the other one of it from letting it go. */
const inOneProcess = (name: DatabaseKind) => (name === 'sqlite' ? 0 : isThorough ? 80 : 30);
const byProcesses = (name: DatabaseKind) => (isThorough ? 100 : 40) - inOneProcess(name);
const dateOf = (round: number) => new Date(Date.UTC(2024, 0, round)).toISOString().slice(0, 10);

describe.each(testDatabases())('case 18: two starts at once on $name', ({ name }) => {
  let bench: ItemsBench;
  let other: Database;
  let processes: ToyProcess[];
  beforeEach(async () => {
    bench = await openItemsBench(name);
    other = await openDatabase(bench.url);
    processes = [];
  });
  afterEach(async () => {
    for (const one of processes) await one.kill();
    await other.close();
    await bench.drop();
  });

  const twoDatabases = async () => {
    let runs = 0;
    for (let round = 1; round <= inOneProcess(name); round++) {
      // The one that runs ends when the other has been refused: what is tested is not who is faster.
      const refused = Promise.withResolvers<void>();
      const job = itemsJob(
        tasklet('once', async () => {
          runs++;
          await refused.promise;
          return undefined;
        }),
      );
      const date = dateOf(round);
      const outcomes = await Promise.all(
        [bench.database, other].map(async (database) => {
          try {
            return (await runJob(database, job, { date })).outcome;
          } catch (error) {
            refused.resolve();
            return isSettleError(error) ? `${error.code} ${error.exitCode}` : error;
          }
        }),
      );
      expect(outcomes.sort()).toEqual(['ALREADY_RUNNING 11', 'completed']);
    }
    expect(runs).toBe(inOneProcess(name));
    expect(await listJobExecutions(bench.database, { limit: 200 })).toHaveLength(inOneProcess(name));
  };
  if (inOneProcess(name) > 0) test('by two databases of one process', twoDatabases);

  test('by two processes', { timeout: 300_000 }, async () => {
    await bench.database.knex.schema.createTable('toy_output', (table) => table.bigInteger('id').notNullable());
    const options = { ids: 4, partitions: 1, chunkSize: 4, workers: 1, shared: { delayMs: 40 } };
    const start = async () => processes.push(await startToyProcess(bench.url, options));
    await Promise.all([start(), start()]);
    for (let round = 1; round <= byProcesses(name); round++) {
      for (const one of processes) one.run(dateOf(round));
      const answers = await Promise.all(processes.map((one) => one.said('= ', round)));
      expect(answers.map((lines) => lines[round - 1]).sort()).toEqual(['= ALREADY_RUNNING', '= completed']);
    }
    const [{ rows }] = await bench.database.knex('toy_output').count({ rows: '*' });
    expect(Number(rows)).toBe(4 * byProcesses(name));
    expect(await listJobExecutions(bench.database, { limit: 200 })).toHaveLength(byProcesses(name));
  });
});
