/**
 * Instances that an earlier version told apart by how their zone was written (`asia/seoul`, `ROK`) get the canonical name,
 * and the key that follows from it: so they are still found. One whose canonical twin exists is left as it is. Only of our
 * own jobs: the tables may be a Spring Batch application's, whose parameters are its own affair.
 */
import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import type { Migration } from '../migration.ts';
import { canonicalZone } from './zone-names.ts';

const JOBS = [
  ...['daily', 'video-settlement', 'challenge-settlement', 'points-expiry', 'seed', 'seed-challenges'],
  ...['import-views', 'import-members', 'import-grants'],
];
const ZONES = ['zone', 'day-zone'];

interface Parameter {
  readonly PARAMETER_NAME: string;
  readonly PARAMETER_TYPE: string;
  readonly PARAMETER_VALUE: string;
}

const changes = [renameInstances];

export const migration: Migration = { name: '0630_zone_names', sqlite: changes, mariadb: changes, mysql: changes };

async function renameInstances(knex: Knex): Promise<void> {
  const found = await knex('BATCH_JOB_EXECUTION_PARAMS as p')
    .join('BATCH_JOB_EXECUTION as e', 'e.JOB_EXECUTION_ID', 'p.JOB_EXECUTION_ID')
    .join('BATCH_JOB_INSTANCE as i', 'i.JOB_INSTANCE_ID', 'e.JOB_INSTANCE_ID')
    .whereIn('p.PARAMETER_NAME', ZONES)
    .whereIn('i.JOB_NAME', JOBS)
    .distinct('i.JOB_INSTANCE_ID as id', 'i.JOB_NAME as job', 'p.PARAMETER_VALUE as zone');
  const instances = new Map<number, string>();
  for (const { id, job, zone } of found) if (canonical(String(zone)) !== zone) instances.set(Number(id), String(job));
  for (const [id, job] of instances) await rename(knex, id, job);
}

/** The key first: done again after a crash between the two, it finds the instance by itself. */
async function rename(knex: Knex, id: number, job: string): Promise<void> {
  const executions = knex('BATCH_JOB_EXECUTION').where({ JOB_INSTANCE_ID: id }).select('JOB_EXECUTION_ID');
  const ids = (await executions).map((row) => Number(row.JOB_EXECUTION_ID));
  const parameters: Parameter[] = await knex('BATCH_JOB_EXECUTION_PARAMS')
    .where({ JOB_EXECUTION_ID: Math.min(...ids), IDENTIFYING: 'Y' })
    .select('PARAMETER_NAME', 'PARAMETER_TYPE', 'PARAMETER_VALUE');
  const key = keyOf(parameters);
  const twin = await knex('BATCH_JOB_INSTANCE')
    .where({ JOB_NAME: job, JOB_KEY: key })
    .whereNot({ JOB_INSTANCE_ID: id })
    .first();
  if (twin !== undefined) return;
  await knex('BATCH_JOB_INSTANCE').where({ JOB_INSTANCE_ID: id }).update({ JOB_KEY: key });
  for (const { PARAMETER_NAME, PARAMETER_VALUE } of parameters) {
    if (!ZONES.includes(PARAMETER_NAME)) continue;
    await knex('BATCH_JOB_EXECUTION_PARAMS')
      .whereIn('JOB_EXECUTION_ID', ids)
      .where({ PARAMETER_NAME })
      .update({ PARAMETER_VALUE: canonical(PARAMETER_VALUE) });
  }
}

/** What names no zone any more stays what it is. */
function canonical(zone: string): string {
  return canonicalZone(zone) ?? zone;
}

/** As Spring Batch derives it: MD5 of the identifying parameters in the order of their names. */
function keyOf(parameters: readonly Parameter[]): string {
  const text = [...parameters]
    .sort((a, b) => (a.PARAMETER_NAME < b.PARAMETER_NAME ? -1 : 1))
    .map(({ PARAMETER_NAME, PARAMETER_TYPE, PARAMETER_VALUE }) => {
      const value = ZONES.includes(PARAMETER_NAME) ? canonical(PARAMETER_VALUE) : PARAMETER_VALUE;
      return `JobParameter{name='${PARAMETER_NAME}', value=${value}, type=class ${PARAMETER_TYPE}, identifying=true}`;
    })
    .join('');
  return createHash('md5').update(text, 'utf8').digest('hex');
}
