/**
 * Waits and tries again after transient failures, as a RetryPolicy says; and the circuit, which opens when the database
 * was gone for too long: from then on nothing of the run is tried twice, and it ends.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { classifyError, toSettleError } from '../database/errors.ts';
import { ExitCode, isSettleError, SettleError } from '../errors.ts';
import { isRunChanging } from './partition-claim.ts';
import { type RetryPolicy, retryDelayMs, stoppingRetryPolicy } from './retry-policy.ts';

export const RETRIES_EXHAUSTED = 'RETRIES_EXHAUSTED';
/** How soon a wait notices that a stop was asked for. */
const STOP_POLL_MS = 100;

/** One for all of a run; a worker thread has its own. */
export interface Circuit {
  isOpen: boolean;
}

export interface Retrying {
  readonly policy: RetryPolicy;
  readonly circuit: Circuit;
  readonly isStopRequested: () => boolean;
  readonly logger: Logger;
  /** Told before each wait for another attempt. */
  readonly onRetry?: () => void;
}

/** True when trying again may help, and has not been tried enough. */
export function isTransient(error: unknown): boolean {
  return !isExhausted(error) && (classifyError(error) === 'transient' || isRunChanging(error));
}

/** True for the error that ends a row of attempts, also when it comes from another thread. */
export function isExhausted(error: unknown): boolean {
  return isSettleError(error) && error.code === RETRIES_EXHAUSTED;
}

/** `work` must be safe to run again after any part of it, its commit included. */
export async function withRetry<T>(retrying: Retrying, work: () => Promise<T>): Promise<T> {
  const retryState = new RetryState(retrying);
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isTransient(error)) throw error;
      await retryState.afterFailure(error);
    }
  }
}

/** Failures in a row, and how many more are put up with. */
export class RetryState {
  readonly #retrying: Retrying;
  #failures = 0;
  #firstAtMs = 0;

  constructor(retrying: Retrying) {
    this.#retrying = retrying;
  }

  /** Something has worked: the next failure is the first again. */
  reset(): void {
    this.#failures = 0;
  }

  /** Waits before the next attempt; throws RETRIES_EXHAUSTED, and opens the circuit, when there is to be none. */
  async afterFailure(error: unknown): Promise<void> {
    const { circuit, isStopRequested, logger } = this.#retrying;
    if (++this.#failures === 1) this.#firstAtMs = performance.now();
    const policy = isStopRequested() ? stoppingRetryPolicy : this.#retrying.policy;
    const elapsedMs = performance.now() - this.#firstAtMs;
    const delayMs = circuit.isOpen ? undefined : retryDelayMs(policy, this.#failures, elapsedMs);
    const { message } = toSettleError(error);
    if (delayMs === undefined) {
      circuit.isOpen = true;
      throw exhausted(error, message, this.#failures, elapsedMs);
    }
    logger.warn({ attempt: this.#failures, waitMs: Math.round(delayMs) }, `trying again: ${message}`);
    this.#retrying.onRetry?.();
    await wait(delayMs, isStopRequested);
  }
}

/** Up to `ms` milliseconds; less when a stop is asked for meanwhile. */
export async function wait(ms: number, isStopRequested: () => boolean): Promise<void> {
  const endMs = performance.now() + ms;
  for (let leftMs = ms; leftMs > 0; leftMs = endMs - performance.now()) {
    await sleep(Math.min(leftMs, STOP_POLL_MS));
    if (isStopRequested()) return;
  }
}

function exhausted(cause: unknown, message: string, attempts: number, elapsedMs: number): SettleError {
  const tried = attempts === 1 ? 'tried once' : `tried ${attempts} times in ${(elapsedMs / 1000).toFixed(1)} s`;
  return new SettleError(RETRIES_EXHAUSTED, ExitCode.failed, `${message} (${tried})`, {
    hint: 'start the run again when the database is well: it continues from its last checkpoint',
    cause,
  });
}
