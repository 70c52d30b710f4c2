/** Metrics of what did not go by itself: retries, takeovers, owners that are silent, records that were set aside. */
import type { Database } from '../../database/database.ts';
import { type Row, toNumber } from '../../database/values.ts';
import { DEAD_OWNER, reasonOfDeath } from '../../engine/owner.ts';
import { DEAD_WORKER, GONE_WORKER, listLiveOwners } from '../../engine/worker-lease.ts';
import { listRunningExecutions, selectJobExecution } from '../../repository/job-execution.ts';
import { selectLease } from '../../repository/lease.ts';
import { listClaimedOwners } from '../../repository/partition-claim.ts';
import { toInstant } from '../../repository/row.ts';
import { isRunning } from '../../repository/types.ts';
import type { Gauges } from './gauges.ts';
import { WINDOW_MS } from './job-metrics.ts';

export async function collectTrouble(database: Database, gauges: Gauges, now: Date): Promise<void> {
  const since = toInstant(new Date(now.getTime() - WINDOW_MS))!;
  await collectAttempts(database, gauges, since);
  await collectTakeovers(database, gauges, since);
  await collectSilent(database, gauges);
  const skipped: Row | undefined = await database
    .knex('settle_skipped')
    .whereNull('replayed_at')
    .count({ rows: '*' })
    .first();
  gauges.value(
    'settle_skipped_records_waiting',
    'Records that were set aside and wait for another try.',
    toNumber(skipped?.rows ?? 0),
  );
}

/** A step of the window, with what its attempts were. */
interface Attempts {
  readonly job: string;
  readonly step: string;
  /** Attempts behind the first, for each instance. */
  readonly again: number;
  readonly rolledBack: number;
  /** Attempts whose owner died. */
  readonly died: number;
}

async function collectAttempts(database: Database, gauges: Gauges, since: string): Promise<void> {
  const retries = gauges.labelled(
    'settle_step_retries',
    'Of executions that started within 24 hours: chunks that were rolled back, and attempts at partitions and steps behind their first.',
    ['job_name', 'name', 'kind'],
  );
  const died = gauges.labelled(
    'settle_partition_takeovers',
    'Of executions that started within 24 hours: attempts at partitions that ended because their worker was dead.',
    ['job_name', 'name'],
  );
  const steps = await readAttempts(database, since, false);
  const partitions = await readAttempts(database, since, true);
  for (const { job, step, again, rolledBack } of steps) {
    const ofParts = partitions.find((one) => one.job === job && one.step === step);
    const labels = { job_name: job, name: step };
    retries.set({ ...labels, kind: 'step' }, again);
    // The row of a step with partitions has their sums.
    retries.set({ ...labels, kind: 'chunk' }, ofParts?.rolledBack ?? rolledBack);
    if (ofParts === undefined) continue;
    retries.set({ ...labels, kind: 'partition' }, ofParts.again);
    died.set(labels, ofParts.died);
  }
}

async function readAttempts({ knex }: Database, since: string, ofPartitions: boolean): Promise<Attempts[]> {
  const name = ofPartitions ? "SUBSTR(s.STEP_NAME, 1, INSTR(s.STEP_NAME, ':') - 1)" : 's.STEP_NAME';
  const died = `CASE WHEN s.STATUS = 'FAILED' AND (s.EXIT_MESSAGE LIKE ? OR s.EXIT_MESSAGE = ?) THEN 1 ELSE 0 END`;
  const each = knex('BATCH_JOB_EXECUTION as e')
    .join('BATCH_JOB_INSTANCE as i', 'i.JOB_INSTANCE_ID', 'e.JOB_INSTANCE_ID')
    .join('BATCH_STEP_EXECUTION as s', 's.JOB_EXECUTION_ID', 'e.JOB_EXECUTION_ID')
    .where('e.CREATE_TIME', '>=', since)
    .where('s.STEP_NAME', ofPartitions ? 'like' : 'not like', '%:%')
    .groupBy('i.JOB_NAME', 'e.JOB_INSTANCE_ID', 's.STEP_NAME')
    .select(
      'i.JOB_NAME as job',
      knex.raw(`${name} as step`),
      knex.raw('COUNT(*) - 1 as again'),
      knex.raw('SUM(s.ROLLBACK_COUNT) as rolled_back'),
      knex.raw(`SUM(${died}) as died`, [`${DEAD_WORKER}%`, GONE_WORKER]),
    );
  const rows: Row[] = await knex(each.as('a'))
    .groupBy('a.job', 'a.step')
    .select('a.job', 'a.step')
    .sum({ again: 'a.again', rolledBack: 'a.rolled_back', died: 'a.died' });
  return rows.map((row) => ({
    job: String(row.job),
    step: String(row.step),
    again: toNumber(row.again),
    rolledBack: toNumber(row.rolledBack ?? 0),
    died: toNumber(row.died),
  }));
}

async function collectTakeovers({ knex }: Database, gauges: Gauges, since: string): Promise<void> {
  const takeovers = gauges.labelled(
    'settle_job_takeovers',
    'Executions that were ended within 24 hours because their owner was dead: by the next start, or by settle recover.',
    ['name'],
  );
  const rows: Row[] = await knex('BATCH_JOB_EXECUTION as e')
    .join('BATCH_JOB_INSTANCE as i', 'i.JOB_INSTANCE_ID', 'e.JOB_INSTANCE_ID')
    .where('e.STATUS', 'FAILED')
    .where('e.END_TIME', '>=', since)
    .where('e.EXIT_MESSAGE', 'like', `${DEAD_OWNER}%`)
    .groupBy('i.JOB_NAME')
    .select('i.JOB_NAME as name')
    .count({ executions: '*' });
  const jobs: unknown[] = await knex('BATCH_JOB_INSTANCE').distinct('JOB_NAME').pluck('JOB_NAME');
  for (const name of jobs) takeovers.set({ name: String(name) }, 0);
  for (const row of rows) takeovers.set({ name: String(row.name) }, toNumber(row.executions));
}

/** At present. */
async function collectSilent(database: Database, gauges: Gauges): Promise<void> {
  const { knex } = database;
  const silent = gauges.labelled(
    'settle_lease_lost',
    'Runs, and partitions of runs, that are under way by their rows while their owner is dead: its lease is over, or its process is gone.',
    ['name', 'kind'],
  );
  const running = await listRunningExecutions(knex);
  for (const { jobName: name } of running) for (const kind of ['run', 'partition']) silent.set({ name, kind }, 0);
  for (const { id, jobName: name } of running) {
    if (reasonOfDeath(await selectLease(database, knex, id)) === undefined) continue;
    // It may have ended, with its lease, since it was listed.
    const { status = 'COMPLETED' } = (await selectJobExecution(knex, id)) ?? {};
    if (isRunning(status)) silent.inc({ name, kind: 'run' });
  }
  if (running.length === 0) return;
  const instances = new Map(running.map(({ jobInstanceId, jobName }) => [jobInstanceId, jobName]));
  const claimed = await listClaimedOwners(knex, [...instances.keys()]);
  if (claimed.length === 0) return;
  const alive = await listLiveOwners(database);
  for (const { jobInstanceId, ownerId } of claimed)
    if (!alive.has(ownerId)) silent.inc({ name: instances.get(jobInstanceId)!, kind: 'partition' });
}
