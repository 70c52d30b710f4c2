/** `--adopt`: whether a database without a marker holds nothing but what one `settle seed` made. Reads only. */
import type { Database } from '../database/database.ts';
import { toNumber } from '../database/values.ts';
import { ExitCode, SettleError } from '../errors.ts';
import { listJobParameters } from '../repository/job-parameters.ts';
import type { DataSpec } from './data-spec.ts';

/** Jobs that add no rows to the log; of peers and of settle. */
const HARMLESS_JOBS = ['seed', 'daily', 'expert', 'copy'];

/** The parameters it was made with. @throws SettleError (exit code 2) when anything else is in it, or may be */
export async function adoptableSpec(database: Database): Promise<DataSpec> {
  const { knex } = database;
  const refuse = (why: string) =>
    new SettleError('BENCH_DATA', ExitCode.usage, `${database.displayUrl} cannot be adopted: ${why}`, {
      hint: 'name an empty database by SETTLE_DATABASE_URL',
    });
  if (!(await knex.schema.hasTable('BATCH_JOB_INSTANCE'))) throw refuse('no settle seed has filled it');
  const names = await knex('BATCH_JOB_INSTANCE').distinct().orderBy('JOB_NAME').pluck<string[]>('JOB_NAME');
  const other = names.find((name) => !HARMLESS_JOBS.includes(name));
  if (other !== undefined) throw refuse(`the job ${other} has run in it`);
  const seeds = await knex('BATCH_JOB_EXECUTION')
    .join('BATCH_JOB_INSTANCE', 'BATCH_JOB_INSTANCE.JOB_INSTANCE_ID', 'BATCH_JOB_EXECUTION.JOB_INSTANCE_ID')
    .where({ JOB_NAME: 'seed' })
    .select('BATCH_JOB_EXECUTION.JOB_EXECUTION_ID as id', 'STATUS as status');
  const parameters = await readSeedParameters(database, seeds.find(({ status }) => status === 'COMPLETED')?.id);
  const instances = await knex('BATCH_JOB_INSTANCE').where({ JOB_NAME: 'seed' });
  // A seed that is complete is not run again, so one instance is one filling.
  if (instances.length !== 1 || parameters === undefined) throw refuse('not exactly one settle seed has filled it');
  const rows = toNumber((await knex('view_log').count({ rows: '*' }))[0].rows);
  const maxId = toNumber((await knex('view_log').max({ id: 'id' }))[0].id ?? 0);
  if (rows !== Number(parameters.rows) || maxId !== rows) throw refuse('view_log has other rows than settle seed made');
  return {
    rows,
    date: parameters.date,
    zone: parameters.zone,
    shape: parameters.shape,
    videos: Number(parameters.videos),
    disorderSeconds: Number(parameters.disorder),
  };
}

async function readSeedParameters(
  database: Database,
  executionId: number | undefined,
): Promise<Record<string, string> | undefined> {
  if (executionId === undefined) return undefined;
  const stored = await listJobParameters(database, executionId);
  return Object.fromEntries(stored.map(({ name, value }) => [name, value]));
}
