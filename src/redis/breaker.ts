/**
 * Leaves alone what has failed a few times in a row: closed, everything is asked; open, nothing is; after a wait one probe
 * is let through (half-open), which closes it or makes the next wait twice as long.
 */
export interface BreakerOptions {
  /** Failures in a row that open it. */
  readonly failuresMax: number;
  readonly firstWaitMs: number;
  readonly waitMsMax: number;
  readonly now?: () => number;
}

export type BreakerState = 'closed' | 'open' | 'half-open';

export class Breaker {
  readonly #options: BreakerOptions;
  readonly #now: () => number;
  #failures = 0;
  #waitMs: number;
  #untilMs = 0;
  #state: BreakerState = 'closed';

  constructor(options: BreakerOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    this.#waitMs = options.firstWaitMs;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** Whether it may be asked now. Who is told so calls `succeed` or `fail`. */
  allows(): boolean {
    if (this.#state === 'closed') return true;
    if (this.#state === 'half-open' || this.#now() < this.#untilMs) return false;
    this.#state = 'half-open';
    return true;
  }

  succeed(): void {
    // One that was asked before it opened says nothing of now.
    if (this.#state === 'open') return;
    this.#failures = 0;
    this.#waitMs = this.#options.firstWaitMs;
    this.#state = 'closed';
  }

  fail(): void {
    this.#failures++;
    if (this.#state === 'half-open') this.#waitMs = Math.min(this.#waitMs * 2, this.#options.waitMsMax);
    else if (this.#state === 'open' || this.#failures < this.#options.failuresMax) return;
    this.#state = 'open';
    this.#untilMs = this.#now() + this.#waitMs;
  }
}
