/** A circuit breaker: after failures in a row nobody is asked for a while, then one asks for all. */
import type { Answer } from '../rules/deliver.ts';

const FAILURES_MAX = 12;
const OPEN_MS = 1_000;
const OPEN_MS_MAX = 60_000;

export class CircuitBreaker {
  private failures = 0;
  private opened = 0;
  private openUntilMs = 0;
  private isProbing = false;
  private readonly nowMs: () => number;

  constructor(nowMs: () => number = () => performance.now()) {
    this.nowMs = nowMs;
  }

  /** @param ask never rejects */
  async run(ask: () => Promise<Answer>): Promise<Answer> {
    const waitMs = this.openUntilMs - this.nowMs();
    if (waitMs > 0)
      return { kind: 'unavailable', text: 'not asked: the circuit breaker is open', retryAfterMs: waitMs };
    const isProbe = this.opened > 0;
    if (isProbe && this.isProbing)
      return {
        kind: 'unavailable',
        text: 'not asked: another request finds out whether it is back',
        retryAfterMs: 100,
      };
    this.isProbing ||= isProbe;
    const answer = await ask();
    if (isProbe) this.isProbing = false;
    return this.note(answer);
  }

  private note(answer: Answer): Answer {
    if (answer.kind === 'sent' || answer.kind === 'never') {
      this.failures = 0;
      this.opened = 0;
      return answer;
    }
    this.failures++;
    if (answer.kind === 'failed' && this.failures < FAILURES_MAX) return answer;
    const ownMs = Math.min(OPEN_MS_MAX, OPEN_MS * 2 ** this.opened);
    const openMs = answer.kind === 'unavailable' ? Math.max(answer.retryAfterMs, ownMs) : ownMs;
    this.opened++;
    this.openUntilMs = this.nowMs() + openMs;
    return answer.kind === 'failed' ? answer : { ...answer, retryAfterMs: openMs };
  }
}
