/**
 * The loop of a worker process: looks for steps that were put up, and works on those of jobs that it knows, one step at a
 * time. It asks one small table, with jitter, and slower the longer there is nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Logger, pino } from 'pino';
import type { Database } from '../database/database.ts';
import { deserialiseContext } from '../engine/execution-context.ts';
import { parameterTypeOf } from '../engine/java-types.ts';
import { allSteps } from '../engine/job.ts';
import { tellMeasure } from '../engine/measure.ts';
import { JobParameters } from '../engine/parameters.ts';
import { defaultRetryPolicy } from '../engine/retry-policy.ts';
import { isTransient, type Retrying, withRetry } from '../engine/retrying.ts';
import type { PartitionedStep } from '../engine/step.ts';
import { startWorkerLease, type WorkerLease } from '../engine/worker-lease.ts';
import { definitionDigest } from '../partition/definition-digest.ts';
import { listJobParameters } from '../repository/job-parameters.ts';
import { listOffers, type Offer } from '../repository/offer.ts';
import { selectPlan } from '../repository/partition.ts';
import { RunTaker, type RunTakerOptions } from './manage-run.ts';
import type { OfferDetail } from './offer-step.ts';
import { listTakeable, ringsOf, type TakingScope } from './take-partition.ts';
import { type WorkDone, workOnOffer } from './work-on-offer.ts';

export interface WorkerOptions extends RunTakerOptions {
  /** `once`: one look, and what it finds; `until-idle`: until no step is put up that this worker may work on. */
  readonly until: 'stopped' | 'once' | 'until-idle';
  /** With `until-idle`: only when there has been no such step for so long; default 0. */
  readonly idleMs?: number;
  readonly logger?: Logger;
}

export interface WorkerReport extends WorkDone {
  /** Runs that came to their end here, however they ended. */
  readonly runs: number;
  /** Of work that was found and refused; one line each. */
  readonly refused: readonly string[];
}

const LEASE_MS = 30_000;
/** Between two looks: at first, and after a long time without work. Half of it more or less, by chance. */
const LOOK_MS = 1_000;
const LOOK_MS_MAX = 6_000;
/** As `LOOK_MS_MAX`, of one that a bell wakes: it looks for what the bell has lost. */
const RUNG_LOOK_MS_MAX = 15_000;
/** After so many without work it gives its lease back. */
const IDLE_LOOKS_MAX = 10;
/** While it works: whether the step is still put up. */
const WATCH_MS = 1_000;
/** What could not be worked on at all, for want of memory or of a privilege, is tried again after so long. */
const UNFIT_MS = 60_000;

/** A step that this worker can work on. */
interface Workable {
  readonly offer: Offer;
  readonly step: PartitionedStep;
  readonly detail: OfferDetail;
}

/** Resolves when it is stopped, or has nothing more to do; what it had is given back. */
export async function runWorker(database: Database, options: WorkerOptions): Promise<WorkerReport> {
  const { signal, bell, logger = pino({ level: 'silent' }), leaseMs = LEASE_MS } = options;
  const retrying: Retrying = {
    policy: defaultRetryPolicy,
    circuit: { isOpen: false },
    isStopRequested: () => signal.aborted,
    logger,
  };
  /** While there is work: a worker that waits for some writes nothing. */
  let lease: WorkerLease | undefined;
  const leaseOf = async () => {
    lease ??= await startWorkerLease(database, leaseMs, logger);
    return lease;
  };
  const worker = new OfferReader(database, options, logger);
  const runs = new RunTaker(database, options, retrying, leaseOf, (id, key, line) =>
    worker.refuse(key, line, { run: id }),
  );
  const total = { completed: 0, failed: 0 };
  let foundAtMs = performance.now();
  try {
    for (let idleLooks = 0; !signal.aborted; ) {
      await runs.look();
      let hasWorked = runs.running !== undefined;
      // The run's own threads take partitions of it.
      await runs.running;
      const found = await look(worker, retrying);
      for (const workable of found) {
        if (signal.aborted) break;
        const scope = {
          database,
          retrying: {
            ...retrying,
            circuit: { isOpen: false },
            onRetry: () => tellMeasure({ type: 'retried', job: workable.offer.jobName }),
          },
          logger,
          now: () => new Date(),
        };
        const takeable = await withRetry(scope.retrying, () =>
          listTakeable(database, workable.offer, workable.detail.attemptsMax),
        );
        if (takeable.length === 0) continue;
        const held = await withRetry(scope.retrying, leaseOf);
        const threads = Math.min(options.threads, takeable.length);
        // Whether or not the bell has told of these, it has not told all.
        bell?.ring(ringsOf(workable.offer, takeable.slice(threads)));
        const done = await workOn({ ...scope, lease: held }, worker, workable, { ...options, threads }, runs);
        hasWorked ||= runs.running !== undefined;
        await runs.running;
        if (done === undefined) continue;
        total.completed += done.completed;
        total.failed += done.failed;
        hasWorked ||= done.completed + done.failed > 0;
      }
      if (options.until === 'once') break;
      if (found.length > 0 || hasWorked) foundAtMs = performance.now();
      else if (options.until === 'until-idle' && performance.now() - foundAtMs >= (options.idleMs ?? 0)) break;
      idleLooks = hasWorked ? 0 : idleLooks + 1;
      if (idleLooks > IDLE_LOOKS_MAX && lease !== undefined) {
        await releaseLease(lease, logger);
        lease = undefined;
      }
      const ms = lookEveryMs(idleLooks, found.length > 0, bell?.isThere === true) * (0.5 + Math.random());
      if (bell === undefined) await sleep(ms, undefined, { signal }).catch(() => {});
      else await bell.wait(ms, signal);
    }
  } finally {
    await runs.running;
    if (lease !== undefined) await releaseLease(lease, logger);
  }
  return { ...total, runs: runs.ended, refused: worker.refused };
}

function lookEveryMs(idleLooks: number, isOffered: boolean, isRung: boolean): number {
  if (isRung) return Math.min(RUNG_LOOK_MS_MAX, LOOK_MS * (1 + idleLooks));
  return Math.min(isOffered ? 2 * LOOK_MS : LOOK_MS_MAX, LOOK_MS * (1 + idleLooks / 5));
}

async function releaseLease(lease: WorkerLease, logger: Logger): Promise<void> {
  await lease.release().catch((err: unknown) => logger.debug({ err }, 'the lease was not released'));
}

/** None while the database is away: the next look asks again. */
async function look(worker: OfferReader, { logger }: Retrying): Promise<Workable[]> {
  try {
    return await worker.read();
  } catch (error) {
    if (!isTransient(error)) throw error;
    logger.warn({ err: error }, 'the database does not answer; looking again');
    return [];
  }
}

/** Undefined when it could not begin. */
async function workOn(
  scope: TakingScope,
  worker: OfferReader,
  { offer, step, detail }: Workable,
  { threads, signal }: WorkerOptions,
  runs: RunTaker,
): Promise<WorkDone | undefined> {
  const { database, retrying } = scope;
  const logger = scope.logger.child({ job: offer.jobName, execution: offer.jobExecutionId, step: offer.stepName });
  let current: Offer | undefined = offer;
  const down = new AbortController();
  const ended = new AbortController();
  const watching = (async () => {
    while (!ended.signal.aborted && !down.signal.aborted) {
      await sleep(WATCH_MS * (0.5 + Math.random()), undefined, { signal: ended.signal }).catch(() => {});
      if (ended.signal.aborted) return;
      await runs.lookWhileBusy(scope.lease.leaseMs);
      const offers = await listOffers(database.knex).catch(() => undefined);
      // Without an answer the leases decide.
      if (offers === undefined) continue;
      const now = offers.find(
        ({ jobInstanceId, stepName }) => jobInstanceId === offer.jobInstanceId && stepName === offer.stepName,
      );
      const isSame = now?.planId === offer.planId && now.definition === offer.definition;
      current = isSame ? now : undefined;
      if (!isSame) down.abort('the step was taken down');
    }
  })();
  try {
    const plan = await withRetry(retrying, () => selectPlan(database.knex, offer.jobInstanceId, offer.stepName));
    if (plan?.planId !== offer.planId) return undefined;
    const parameters = await withRetry(retrying, () => readParameters(database, offer.jobExecutionId));
    const shared = await worker.share(offer, step, detail, parameters, logger);
    return await workOnOffer({
      ...scope,
      logger,
      // Of a run that this worker has taken, the run's own threads take partitions.
      offer: () => (runs.running === undefined ? current : undefined),
      step,
      plan,
      parameters,
      shared,
      threads,
      attemptsMax: detail.attemptsMax,
      chunkSize: detail.chunkSize,
      signal: AbortSignal.any([signal, down.signal]),
    });
  } catch (error) {
    if (signal.aborted || down.signal.aborted) return undefined;
    worker.setUnfit(offer, error, logger);
    return undefined;
  } finally {
    ended.abort();
    await watching;
  }
}

async function readParameters(database: Database, jobExecutionId: number): Promise<JobParameters> {
  const stored = await listJobParameters(database, jobExecutionId);
  return new JobParameters(
    stored.map(({ name, javaType, value, identifying }) => {
      const type = parameterTypeOf(javaType);
      if (type === undefined) throw new Error(`the parameter ${name} is a ${javaType}, which settle does not know`);
      return { name, type, value, identifying };
    }),
  );
}

/** Reads what is put up, and keeps what of it this worker can and cannot work on. */
class OfferReader {
  readonly #database: Database;
  readonly #options: WorkerOptions;
  readonly #logger: Logger;
  readonly #refused = new Map<string, string>();
  readonly #unfitUntilMs = new Map<string, number>();
  /** Of the step that it worked on last. */
  #shared: { readonly key: string; readonly value: unknown } | undefined;

  constructor(database: Database, options: WorkerOptions, logger: Logger) {
    this.#database = database;
    this.#options = options;
    this.#logger = logger;
  }

  get refused(): readonly string[] {
    return [...this.#refused.values()];
  }

  async read(): Promise<Workable[]> {
    const workable: Workable[] = [];
    const offers = await listOffers(this.#database.knex);
    if (!offers.some((offer) => keyOf(offer) === this.#shared?.key)) this.#shared = undefined;
    for (const offer of offers) {
      if ((this.#unfitUntilMs.get(keyOf(offer)) ?? 0) > performance.now()) continue;
      const step = await this.#stepOf(offer);
      if (step !== undefined) workable.push({ offer, step, detail: JSON.parse(offer.detail) });
    }
    return workable;
  }

  async #stepOf(offer: Offer): Promise<PartitionedStep | undefined> {
    const job = await this.#options.jobNamed(offer.jobName);
    if (job === undefined) return undefined;
    const step = allSteps(job).find(({ name }) => name === offer.stepName);
    if (step?.kind === 'partitioned' && (await definitionDigest(job, step)) === offer.definition) return step;
    this.#refuse(offer, `${offer.jobName} is of another build here, or is defined otherwise`);
    return undefined;
  }

  #refuse(offer: Offer, problem: string): void {
    const line = `execution ${offer.jobExecutionId}, step ${offer.stepName}: ${problem}`;
    this.refuse(keyOf(offer), line, { execution: offer.jobExecutionId, step: offer.stepName });
  }

  /** Said once for each key. */
  refuse(key: string, line: string, fields: Readonly<Record<string, unknown>>): void {
    if (this.#refused.has(key)) return;
    this.#refused.set(key, line);
    this.#logger.warn(fields, `work refused: ${line}`);
  }

  setUnfit(offer: Offer, error: unknown, logger: Logger): void {
    this.#unfitUntilMs.set(keyOf(offer), performance.now() + UNFIT_MS);
    this.#refuse(offer, `this worker cannot work on it: ${error instanceof Error ? error.message : String(error)}`);
    logger.debug({ err: error }, 'why this worker cannot work on the step');
  }

  /** Made once for a plan: the step's `share` reads the database. */
  async share(
    offer: Offer,
    step: PartitionedStep,
    detail: OfferDetail,
    parameters: JobParameters,
    logger: Logger,
  ): Promise<unknown> {
    if (step.share === undefined) return undefined;
    const key = keyOf(offer);
    if (this.#shared?.key === key) return this.#shared.value;
    const value = await step.share({
      database: this.#database,
      parameters,
      jobInstanceId: offer.jobInstanceId,
      jobExecutionId: offer.jobExecutionId,
      stepExecutionId: detail.stepExecutionId,
      stepName: offer.stepName,
      executionContext: deserialiseContext(detail.contextText),
      jobContext: deserialiseContext(detail.jobContextText),
      logger,
      signal: this.#options.signal,
      options: { workers: this.#options.threads, partitions: undefined, chunkSize: undefined },
      progress: () => {},
      transaction: () => {
        throw new Error(`step ${offer.stepName} is \`remote\`: its share only reads`);
      },
    });
    this.#shared = { key, value };
    return value;
  }
}

function keyOf({ jobInstanceId, stepName, planId, definition }: Offer): string {
  return [jobInstanceId, planId, definition, stepName].join('/');
}
