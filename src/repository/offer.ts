/** Statements on settle_offer: the steps whose partitions workers may take. */
import type { Executor } from '../database/database.ts';
import { type Row, toNumber } from '../database/values.ts';

const TABLE = 'settle_offer';

/** A step that a run has put up. */
export interface Offer {
  readonly jobInstanceId: number;
  readonly stepName: string;
  /** The run that looks after it. */
  readonly jobExecutionId: number;
  readonly jobName: string;
  /** That run's fence. */
  readonly token: number;
  readonly planId: number;
  /** What the job and the program are, as a digest: a worker of another one leaves it alone. */
  readonly definition: string;
  /** JSON: what a worker must know besides. */
  readonly detail: string;
}

/** Replaces the one that a former run has left. */
export async function putOffer(executor: Executor, offer: Offer): Promise<void> {
  const key = { job_instance_id: offer.jobInstanceId, step_name: offer.stepName };
  const values = {
    job_execution_id: offer.jobExecutionId,
    job_name: offer.jobName,
    token: offer.token,
    plan_id: offer.planId,
    definition: offer.definition,
    detail: offer.detail,
  };
  await executor(TABLE)
    .insert({ ...key, ...values })
    .onConflict(['job_instance_id', 'step_name'])
    .merge(values);
}

export async function deleteOffer(executor: Executor, jobInstanceId: number, stepName: string): Promise<void> {
  await executor(TABLE).where({ job_instance_id: jobInstanceId, step_name: stepName }).delete();
}

export async function deleteOffersOf(executor: Executor, jobInstanceId: number): Promise<void> {
  await executor(TABLE).where({ job_instance_id: jobInstanceId }).delete();
}

/** Oldest run first. One statement on a table that is nearly always empty: workers ask it all the time. */
export async function listOffers(executor: Executor): Promise<Offer[]> {
  const rows: Row[] = await executor(TABLE).select('*');
  return rows.map(offerOf).sort((a, b) => a.jobExecutionId - b.jobExecutionId);
}

export async function selectOffer(
  executor: Executor,
  jobInstanceId: number,
  stepName: string,
): Promise<Offer | undefined> {
  const row = await executor(TABLE).where({ job_instance_id: jobInstanceId, step_name: stepName }).first();
  return row === undefined ? undefined : offerOf(row);
}

/** As `selectOffer`; it cannot change until the transaction ends. */
export async function readOffer(
  executor: Executor,
  jobInstanceId: number,
  stepName: string,
): Promise<Offer | undefined> {
  const row = await executor(TABLE).where({ job_instance_id: jobInstanceId, step_name: stepName }).forShare().first();
  return row === undefined ? undefined : offerOf(row);
}

function offerOf(row: Row): Offer {
  return {
    jobInstanceId: toNumber(row.job_instance_id),
    stepName: String(row.step_name),
    jobExecutionId: toNumber(row.job_execution_id),
    jobName: String(row.job_name),
    token: toNumber(row.token),
    planId: toNumber(row.plan_id),
    definition: String(row.definition),
    detail: String(row.detail),
  };
}
