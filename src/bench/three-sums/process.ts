/**
 * Runs `three-sums` in a process of its own: WORKERS DATE ZONE, on the database of SETTLE_DATABASE_URL. Prints one line
 * of JSON: the seconds of the job, and the rows that it read.
 */
import { openDatabase } from '../../database/open.ts';
import { environment } from '../../environment.ts';
import { listStepExecutions } from '../../repository/step-execution.ts';
import { runJob } from '../../steps/run-job.ts';
import { threeSumsJob } from './definition.ts';
import { makeTables } from './tables.ts';

const [workers, date, zone] = process.argv.slice(2);
const database = await openDatabase(environment().SETTLE_DATABASE_URL!, { create: false });
try {
  await makeTables(database);
  const started = performance.now();
  const options = { workers: Number(workers), rerun: true };
  const { execution, error } = await runJob(database, threeSumsJob, { date, zone }, options);
  const seconds = (performance.now() - started) / 1000;
  if (error !== undefined) throw error;
  const steps = await listStepExecutions(database, execution.id);
  const rows = steps.find(({ stepName }) => stepName === 'sum')?.readCount;
  process.stdout.write(`${JSON.stringify({ seconds, rows })}\n`);
} finally {
  await database.close();
}
