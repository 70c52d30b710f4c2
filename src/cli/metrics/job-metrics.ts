/** Metrics of executions and their steps. */
import type { Database } from '../../database/database.ts';
import { parseInstant } from '../../database/instant.ts';
import type { Row } from '../../database/values.ts';
import { toInstant } from '../../repository/row.ts';
import type { Gauges } from './gauges.ts';

/** Executions that are counted: those of the last so many milliseconds. Older ones are history, and not looked at. */
export const WINDOW_MS = 24 * 3_600_000;

export async function collectJobs(database: Database, gauges: Gauges, now: Date): Promise<void> {
  const { knex } = database;
  const jobs = gauges.labelled('settle_job_executions', 'Executions that started within 24 hours.', ['name', 'status']);
  const active = gauges.labelled('settle_job_active', 'Executions of a job that run now.', ['name']);
  const success = gauges.labelled(
    'settle_job_last_success_timestamp_seconds',
    'When the newest completed execution of a job ended, in Unix time.',
    ['name'],
  );
  const counted: Row[] = await knex('BATCH_JOB_EXECUTION as e')
    .join('BATCH_JOB_INSTANCE as i', 'i.JOB_INSTANCE_ID', 'e.JOB_INSTANCE_ID')
    .where('e.CREATE_TIME', '>=', toInstant(new Date(now.getTime() - WINDOW_MS)))
    .groupBy('i.JOB_NAME', 'e.STATUS')
    .select('i.JOB_NAME as name', 'e.STATUS as status')
    .count({ executions: '*' });
  for (const row of counted) jobs.set({ name: String(row.name), status: String(row.status) }, Number(row.executions));
  const newest = await newestOfJobs(database);
  for (const { name } of newest) active.set({ name }, 0);
  const running: Row[] = await knex('BATCH_JOB_EXECUTION as e')
    .join('BATCH_JOB_INSTANCE as i', 'i.JOB_INSTANCE_ID', 'e.JOB_INSTANCE_ID')
    .whereIn('e.STATUS', ['STARTING', 'STARTED', 'STOPPING'])
    .groupBy('i.JOB_NAME')
    .select('i.JOB_NAME as name')
    .count({ executions: '*' });
  for (const row of running) active.set({ name: String(row.name) }, Number(row.executions));
  await collectNewest(database, gauges, newest, now);
  const successes: Row[] = await knex('BATCH_JOB_EXECUTION as e')
    .join('BATCH_JOB_INSTANCE as i', 'i.JOB_INSTANCE_ID', 'e.JOB_INSTANCE_ID')
    .where('e.STATUS', 'COMPLETED')
    .groupBy('i.JOB_NAME')
    .select('i.JOB_NAME as name')
    .max({ ended: 'e.END_TIME' });
  for (const row of successes) {
    if (row.ended !== null) success.set({ name: String(row.name) }, parseInstant(String(row.ended)) / 1_000);
  }
}

interface Newest {
  readonly name: string;
  readonly id: number;
}

async function newestOfJobs({ knex }: Database): Promise<Newest[]> {
  const rows: Row[] = await knex('BATCH_JOB_EXECUTION as e')
    .join('BATCH_JOB_INSTANCE as i', 'i.JOB_INSTANCE_ID', 'e.JOB_INSTANCE_ID')
    .groupBy('i.JOB_NAME')
    .select('i.JOB_NAME as name')
    .max({ id: 'e.JOB_EXECUTION_ID' });
  return rows.map((row) => ({ name: String(row.name), id: Number(row.id) }));
}

async function collectNewest({ knex }: Database, gauges: Gauges, newest: readonly Newest[], now: Date): Promise<void> {
  const jobSeconds = gauges.labelled(
    'settle_job_last_seconds',
    'Seconds that the newest execution of a job took, or has taken so far.',
    ['name', 'status'],
  );
  const stepSeconds = gauges.labelled(
    'settle_step_last_seconds',
    'Seconds that a step of the newest execution of a job took.',
    ['job_name', 'name', 'status'],
  );
  const items = gauges.labelled(
    'settle_step_last_items',
    'Items of a step of the newest execution of a job: read, written, filtered, skipped, committed or rolled_back.',
    ['job_name', 'name', 'kind'],
  );
  for (const { name, id } of newest) {
    const execution: Row | undefined = await knex('BATCH_JOB_EXECUTION').where('JOB_EXECUTION_ID', id).first();
    const took = execution && secondsOf(execution, now);
    if (execution !== undefined && took !== undefined) jobSeconds.set({ name, status: String(execution.STATUS) }, took);
    const steps: Row[] = await knex('BATCH_STEP_EXECUTION')
      .where('JOB_EXECUTION_ID', id)
      .whereNot('STEP_NAME', 'like', '%:%');
    for (const step of steps) {
      const labels = { job_name: name, name: String(step.STEP_NAME) };
      const seconds = secondsOf(step, now);
      if (seconds !== undefined) stepSeconds.set({ ...labels, status: String(step.STATUS) }, seconds);
      const skipped = Number(step.READ_SKIP_COUNT) + Number(step.PROCESS_SKIP_COUNT) + Number(step.WRITE_SKIP_COUNT);
      const kinds = {
        read: step.READ_COUNT,
        written: step.WRITE_COUNT,
        filtered: step.FILTER_COUNT,
        skipped,
        committed: step.COMMIT_COUNT,
        rolled_back: step.ROLLBACK_COUNT,
      };
      for (const [kind, count] of Object.entries(kinds)) items.set({ ...labels, kind }, Number(count ?? 0));
    }
  }
}

function secondsOf(row: Row, now: Date): number | undefined {
  if (row.START_TIME === null) return undefined;
  const end = row.END_TIME === null ? now.getTime() : parseInstant(String(row.END_TIME));
  return Math.max(0, end - parseInstant(String(row.START_TIME))) / 1_000;
}
