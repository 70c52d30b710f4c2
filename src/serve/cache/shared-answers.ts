/** Answers in a cache of several processes. One that does not answer within its limit is passed by. */

import { Breaker } from '../../redis/breaker.ts';
import { within } from '../within.ts';
import { CACHE_LIMIT_MS } from './limits.ts';
import type { LabelledAnswer } from './stored-answer.ts';

/** What a cache does for us; what it throws, or answers too late, is a failure of it. */
export interface AnswerStore {
  get(key: string): Promise<LabelledAnswer | undefined>;
  set(key: string, kept: LabelledAnswer): Promise<void>;
  /** Removes what is kept under another label. */
  removeOther(key: string, label: string): Promise<void>;
  close(): void;
}

export type CacheResult = 'hit' | 'miss' | 'passed_by';

/** Failures in a row, after which it is left alone; and for how long. */
const FAILURES_MAX = 5;
const FIRST_WAIT_MS = 500;
const WAIT_MS_MAX = 5_000;

export class SharedAnswers {
  readonly breaker: Breaker;
  readonly #store: AnswerStore;
  readonly #note: (result: CacheResult) => void;

  constructor(store: AnswerStore, note: (result: CacheResult) => void = () => {}, breaker?: Breaker) {
    this.#store = store;
    this.#note = note;
    this.breaker =
      breaker ?? new Breaker({ failuresMax: FAILURES_MAX, firstWaitMs: FIRST_WAIT_MS, waitMsMax: WAIT_MS_MAX });
  }

  /** Never rejects, and never takes longer than the limit. */
  async get(key: string, label: string): Promise<LabelledAnswer | undefined> {
    const found = await this.#ask(() => this.#store.get(key));
    const kept = found?.value?.label === label ? found.value : undefined;
    this.#note(found === undefined ? 'passed_by' : kept === undefined ? 'miss' : 'hit');
    return kept;
  }

  /** Never rejects. */
  async set(key: string, kept: LabelledAnswer): Promise<void> {
    await this.#ask(() => this.#store.set(key, kept));
  }

  /** Never rejects. */
  async removeOther(key: string, label: string): Promise<void> {
    await this.#ask(() => this.#store.removeOther(key, label));
  }

  close(): void {
    this.#store.close();
  }

  /** Undefined: it was not asked, or did not answer. */
  async #ask<T>(call: () => Promise<T>): Promise<{ readonly value: T } | undefined> {
    if (!this.breaker.allows()) return undefined;
    try {
      const value = await within(CACHE_LIMIT_MS, call(), 'the cache');
      this.breaker.succeed();
      return { value };
    } catch {
      this.breaker.fail();
      return undefined;
    }
  }
}
