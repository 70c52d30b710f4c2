/**
 * A worker as the process of a run: takes runs that were left to workers, and those whose process has died, one at a time.
 * It goes on as a restart does: partitions that others are at work on are not interrupted.
 */
import type { Logger } from 'pino';
import type { Database } from '../database/database.ts';
import { toSettleError } from '../database/errors.ts';
import { isRequestLost, type RequestedOptions } from '../engine/bind-request.ts';
import type { Doorbell } from '../engine/doorbell.ts';
import type { JobDefinition } from '../engine/job.ts';
import { parametersOf } from '../engine/request-run.ts';
import { isExhausted, isTransient, type Retrying, withRetry } from '../engine/retrying.ts';
import { lookAtRequest, takeRequest } from '../engine/take-request.ts';
import type { WorkerLease } from '../engine/worker-lease.ts';
import { isSettleError } from '../errors.ts';
import { jobDigest } from '../partition/definition-digest.ts';
import {
  endClaimed,
  giveBackClaimed,
  listOpenRequests,
  type RequestClaim,
  type RunRequest,
} from '../repository/request.ts';
import { runTaken } from './run-job.ts';

/** What the run's log record of its end says besides: begun before the run, asked at its end. */
export type WatchRun = () => Promise<() => Promise<Readonly<Record<string, unknown>>>>;

/** Takes of a worker with partitions in work: how often it looks, as parts of its lease. */
const BUSY_LOOKS_A_LEASE = 6;

export interface RunTakerOptions {
  readonly threads: number;
  /** Undefined: of a job that this worker leaves alone. */
  readonly jobNamed: (name: string) => Promise<JobDefinition | undefined>;
  readonly signal: AbortSignal;
  /** Default 30,000. */
  readonly leaseMs?: number;
  /** Takes no runs that were left to workers, nor those whose process has died: partitions only. */
  readonly partitionsOnly?: boolean;
  readonly watchRun?: WatchRun;
  /** Wakes it when there may be something to take, and others by it. */
  readonly bell?: Doorbell;
}

export class RunTaker {
  readonly #database: Database;
  readonly #options: RunTakerOptions;
  readonly #retrying: Retrying;
  readonly #logger: Logger;
  readonly #leaseOf: () => Promise<WorkerLease>;
  readonly #refuse: (id: number, key: string, line: string) => void;
  #ownId: string | undefined;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;
  #running: Promise<void> | undefined;
  #ended = 0;

  constructor(
    database: Database,
    options: RunTakerOptions,
    retrying: Retrying,
    leaseOf: () => Promise<WorkerLease>,
    refuse: (id: number, key: string, line: string) => void,
  ) {
    this.#database = database;
    this.#options = options;
    this.#retrying = retrying;
    this.#logger = retrying.logger;
    this.#leaseOf = leaseOf;
    this.#refuse = refuse;
  }

  /** The run that this worker has taken, until it has ended here; never rejects. */
  get running(): Promise<void> | undefined {
    return this.#running;
  }

  /** Runs that came to their end here, however they ended. */
  get ended(): number {
    return this.#ended;
  }

  /** Beside partitions in work: seldom, since most workers look in vain. */
  async lookWhileBusy(leaseMs: number): Promise<void> {
    if (performance.now() - this.#lookedAtMs < leaseMs / BUSY_LOOKS_A_LEASE) return;
    await this.look().catch((err: unknown) => this.#logger.debug({ err }, 'no run could be looked for'));
  }

  /** Takes a run where there is one to take, and begins it. A database that is away is asked again by the next look. */
  async look(): Promise<void> {
    if (this.#running !== undefined || this.#options.signal.aborted || this.#options.partitionsOnly) return;
    this.#lookedAtMs = performance.now();
    this.#looking ??= this.#take()
      .catch((error: unknown) => {
        if (!isTransient(error) && !isExhausted(error)) throw error;
        this.#logger.warn({ err: error }, 'the database does not answer; looking again');
      })
      .finally(() => {
        this.#looking = undefined;
      });
    await this.#looking;
  }

  async #retry<T>(work: () => Promise<T>): Promise<T> {
    return await withRetry({ ...this.#retrying, circuit: { isOpen: false } }, work);
  }

  async #take(): Promise<void> {
    for (const request of await listOpenRequests(this.#database.knex)) {
      if (this.#options.signal.aborted) return;
      const taking = await lookAtRequest(this.#database, request, this.#ownId);
      if (taking === 'held' || taking === 'over') continue;
      const job = await this.#jobOf(request);
      if (job === undefined) continue;
      const lease = await this.#leaseOf();
      this.#ownId = lease.ownerId;
      const claim = await this.#retry(() => takeRequest(this.#database, request, lease, new Date()));
      if (claim === undefined) continue;
      this.#running = this.#run(request, job, claim).finally(() => {
        this.#running = undefined;
      });
      return;
    }
  }

  async #jobOf(request: RunRequest): Promise<JobDefinition | undefined> {
    const job = await this.#options.jobNamed(request.jobName);
    if (job === undefined) return undefined;
    if ((await jobDigest(job)) === request.definition) return job;
    const problem = `${job.name} is of another build here, or is defined otherwise`;
    this.#refuse(request.id, `run/${request.id}/${request.definition}`, `run ${request.id}: ${problem}`);
    return undefined;
  }

  async #run(request: RunRequest, job: JobDefinition, claim: RequestClaim): Promise<void> {
    const logger = this.#logger.child({ run: request.id, job: job.name, epoch: claim.epoch });
    logger.info({ takes: request.takes + 1, before: request.jobExecutionId }, 'run taken');
    try {
      await this.#runClaimed(request, job, claim, logger);
    } catch (err) {
      logger.error({ err }, 'the run could not be brought to its end here');
    } finally {
      // Where the end was written down there is nothing to give back.
      await this.#retry(() => giveBackClaimed(this.#database.knex, claim, true)).catch((err: unknown) =>
        logger.warn({ err }, 'the run could not be given back: its lease decides'),
      );
    }
  }

  async #runClaimed(request: RunRequest, job: JobDefinition, claim: RequestClaim, logger: Logger): Promise<void> {
    const { threads, leaseMs, signal, bell } = this.#options;
    const { knex } = this.#database;
    const asked: RequestedOptions = JSON.parse(request.options);
    try {
      const endDetails = await this.#options.watchRun?.();
      const { outcome, execution } = await runTaken(this.#database, job, parametersOf(request), claim, {
        workers: threads,
        remote: { threads, bell },
        ...asked,
        signal,
        logger: this.#logger,
        leaseMs,
        endDetails,
      });
      this.#ended++;
      logger.info({ outcome, execution: execution.id }, 'run ended here');
      if (outcome !== 'already-complete') return;
      const end = { exitCode: 0, message: '', jobExecutionId: execution.id };
      await this.#retry(() => endClaimed(knex, claim, end, new Date()));
    } catch (error) {
      if (isRequestLost(error)) return logger.warn(toSettleError(error).message);
      const { code, exitCode, message } = toSettleError(error);
      // Somebody has started it by hand meanwhile, or the database is away: nothing was tried.
      const isUntried = code === 'ALREADY_RUNNING' || isTransient(error) || isExhausted(error);
      if (isUntried || !isSettleError(error)) {
        logger.warn({ reason: message }, 'the run could not begin here');
        await this.#retry(() => giveBackClaimed(knex, claim, !isUntried));
        return;
      }
      logger.error({ code, reason: message }, 'the run cannot begin');
      const end = { exitCode, message, jobExecutionId: undefined };
      await this.#retry(() => endClaimed(knex, claim, end, new Date()));
    }
  }
}
