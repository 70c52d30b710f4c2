/**
 * What Prometheus is told of the database: counted there at each scrape, so that it is the same whichever process is
 * asked, and right after a restart. Names follow Spring Batch's, with `settle` for `spring_batch` (docs/serve.md).
 */
import { Gauge, type Registry } from '@prometheus-io/client';
import type { Database } from '../../database/database.ts';
import { parseInstant } from '../../database/instant.ts';
import type { Row } from '../../database/values.ts';
import { readOutboxState } from '../../jobs/outbox/store/outbox-state.ts';

const HOUR_MS = 3_600_000;
/** Executions whose times are told: those of the last so many hours. Older ones are history, and not looked at. */
const WINDOW_MS = 24 * HOUR_MS;

/** Adds the metrics to a registry. Each scrape asks the database a fixed number of short queries. */
export class DatabaseMetrics {
  readonly #database: Database;
  readonly #jobs: Gauge<'name' | 'status'>;
  readonly #seconds: Gauge<'name' | 'status'>;
  readonly #active: Gauge<'name'>;
  readonly #steps: Gauge<'job_name' | 'name' | 'status'>;
  readonly #items: Gauge<'job_name' | 'name' | 'kind'>;
  readonly #success: Gauge<'name'>;
  readonly #verdicts: Gauge<'verdict'>;
  readonly #date: Gauge;
  readonly #skipped: Gauge;
  readonly #outbox: Gauge<'state'>;
  readonly #outboxAge: Gauge;
  readonly #sound: Gauge;
  readonly #ledgerSum: Gauge;
  readonly #up: Gauge;

  constructor(database: Database, registry: Registry) {
    this.#database = database;
    const registers = [registry];
    const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[] = []) =>
      new Gauge<L>({ name, help, labelNames: [...labelNames], registers });
    this.#jobs = gauge('settle_job_executions', 'Executions that started within 24 hours.', ['name', 'status']);
    this.#seconds = gauge(
      'settle_job_last_seconds',
      'Seconds that the newest execution of a job took, or has taken so far.',
      ['name', 'status'],
    );
    this.#active = gauge('settle_job_active', 'Executions of a job that run now.', ['name']);
    this.#steps = gauge('settle_step_last_seconds', 'Seconds that a step of the newest execution of a job took.', [
      'job_name',
      'name',
      'status',
    ]);
    this.#items = gauge(
      'settle_step_last_items',
      'Items of a step of the newest execution of a job: read, written, filtered, skipped, committed or rolled_back.',
      ['job_name', 'name', 'kind'],
    );
    this.#success = gauge(
      'settle_job_last_success_timestamp_seconds',
      'When the newest completed execution of a job ended, in Unix time.',
      ['name'],
    );
    this.#verdicts = gauge('settle_view_rows', 'Rows of the newest settled date, by verdict.', ['verdict']);
    this.#date = gauge(
      'settle_last_date_timestamp_seconds',
      'The newest settled date, as Unix time of its midnight in UTC.',
    );
    this.#skipped = gauge('settle_skipped_records_waiting', 'Records that were set aside and wait for another try.');
    this.#outbox = gauge('settle_outbox_messages', 'Messages that wait for their delivery, and dead ones.', ['state']);
    this.#outboxAge = gauge('settle_outbox_oldest_seconds', 'Age of the oldest message that waits for its delivery.');
    this.#sound = gauge(
      'settle_ledger_sound',
      '1 when the last verification of the ledger found it sound, 0 when not.',
    );
    this.#ledgerSum = gauge('settle_ledger_sum', 'Sum of all accounts, which is 0.');
    this.#up = gauge('settle_database_up', '1 when the database answered this scrape, 0 when not.');
  }

  /** Never rejects: a database that does not answer is `settle_database_up 0`. */
  async collect(now: Date): Promise<void> {
    try {
      await this.#collectJobs(now);
      await this.#collectPlatform();
      this.#up.set(1);
    } catch {
      this.#up.set(0);
    }
  }

  async #collectJobs(now: Date): Promise<void> {
    const { knex } = this.#database;
    for (const metric of [this.#jobs, this.#seconds, this.#active, this.#steps, this.#items, this.#success])
      metric.reset();
    const newest: Row[] = await knex('BATCH_JOB_EXECUTION as e')
      .join('BATCH_JOB_INSTANCE as i', 'i.JOB_INSTANCE_ID', 'e.JOB_INSTANCE_ID')
      .where('e.CREATE_TIME', '>=', instantBefore(now, WINDOW_MS))
      .groupBy('i.JOB_NAME', 'e.STATUS')
      .select('i.JOB_NAME as name', 'e.STATUS as status')
      .count({ executions: '*' });
    for (const row of newest)
      this.#jobs.set({ name: String(row.name), status: String(row.status) }, Number(row.executions));
    const running: Row[] = await knex('BATCH_JOB_EXECUTION as e')
      .join('BATCH_JOB_INSTANCE as i', 'i.JOB_INSTANCE_ID', 'e.JOB_INSTANCE_ID')
      .whereIn('e.STATUS', ['STARTING', 'STARTED', 'STOPPING'])
      .groupBy('i.JOB_NAME')
      .select('i.JOB_NAME as name')
      .count({ executions: '*' });
    for (const row of running) this.#active.set({ name: String(row.name) }, Number(row.executions));
    for (const { name, id } of await this.#newestOfJobs()) await this.#collectExecution(name, id, now);
    const successes: Row[] = await knex('BATCH_JOB_EXECUTION as e')
      .join('BATCH_JOB_INSTANCE as i', 'i.JOB_INSTANCE_ID', 'e.JOB_INSTANCE_ID')
      .where('e.STATUS', 'COMPLETED')
      .groupBy('i.JOB_NAME')
      .select('i.JOB_NAME as name')
      .max({ ended: 'e.END_TIME' });
    for (const row of successes) {
      if (row.ended !== null) this.#success.set({ name: String(row.name) }, parseInstant(String(row.ended)) / 1_000);
    }
  }

  async #newestOfJobs(): Promise<{ name: string; id: number }[]> {
    const rows: Row[] = await this.#database
      .knex('BATCH_JOB_EXECUTION as e')
      .join('BATCH_JOB_INSTANCE as i', 'i.JOB_INSTANCE_ID', 'e.JOB_INSTANCE_ID')
      .groupBy('i.JOB_NAME')
      .select('i.JOB_NAME as name')
      .max({ id: 'e.JOB_EXECUTION_ID' });
    return rows.map((row) => ({ name: String(row.name), id: Number(row.id) }));
  }

  async #collectExecution(name: string, id: number, now: Date): Promise<void> {
    const { knex } = this.#database;
    const execution: Row | undefined = await knex('BATCH_JOB_EXECUTION').where('JOB_EXECUTION_ID', id).first();
    if (execution !== undefined) {
      const seconds = secondsOf(execution, now);
      if (seconds !== undefined) this.#seconds.set({ name, status: String(execution.STATUS) }, seconds);
    }
    const steps: Row[] = await knex('BATCH_STEP_EXECUTION')
      .where('JOB_EXECUTION_ID', id)
      .whereNot('STEP_NAME', 'like', '%:%');
    for (const step of steps) {
      const labels = { job_name: name, name: String(step.STEP_NAME) };
      const seconds = secondsOf(step, now);
      if (seconds !== undefined) this.#steps.set({ ...labels, status: String(step.STATUS) }, seconds);
      const skipped = Number(step.READ_SKIP_COUNT) + Number(step.PROCESS_SKIP_COUNT) + Number(step.WRITE_SKIP_COUNT);
      const kinds = {
        read: step.READ_COUNT,
        written: step.WRITE_COUNT,
        filtered: step.FILTER_COUNT,
        skipped,
        committed: step.COMMIT_COUNT,
        rolled_back: step.ROLLBACK_COUNT,
      };
      for (const [kind, count] of Object.entries(kinds)) this.#items.set({ ...labels, kind }, Number(count ?? 0));
    }
  }

  async #collectPlatform(): Promise<void> {
    const { knex } = this.#database;
    this.#verdicts.reset();
    const date: Row | undefined = await knex('settle_statistics_run').orderBy('business_date', 'desc').first();
    if (date !== undefined) {
      this.#date.set(Date.parse(`${String(date.business_date)}T00:00:00Z`) / 1_000);
      const verdicts = JSON.parse(String(date.verdicts)) as Record<string, number>;
      for (const [verdict, rows] of Object.entries(verdicts)) this.#verdicts.set({ verdict }, rows);
    }
    const [skipped]: Row[] = await knex('settle_skipped').whereNull('replayed_at').count({ rows: '*' });
    this.#skipped.set(Number(skipped.rows));
    const outbox = await readOutboxState(this.#database);
    this.#outbox.set({ state: 'waiting' }, outbox.waiting);
    this.#outbox.set({ state: 'dead' }, outbox.dead);
    this.#outboxAge.set(outbox.oldestAgeSeconds ?? 0);
    const verification: Row | undefined = await knex('settle_ledger_verification').first();
    if (verification !== undefined) this.#sound.set(Number(verification.is_sound));
    const [sum]: Row[] = await knex('settle_account').sum({ sum: 'balance' });
    this.#ledgerSum.set(Number(sum.sum ?? 0));
  }
}

function instantBefore(now: Date, ms: number): string {
  return new Date(now.getTime() - ms).toISOString().replace('T', ' ').replace('Z', '');
}

function secondsOf(row: Row, now: Date): number | undefined {
  if (row.START_TIME === null) return undefined;
  const end = row.END_TIME === null ? now.getTime() : parseInstant(String(row.END_TIME));
  return Math.max(0, end - parseInstant(String(row.START_TIME))) / 1_000;
}
