/** Contenders of one process for one lock, first come, first served. */

/** Turns in a row, while other processes wait. */
const TURNS_MAX = 16;

export class LocalQueue {
  private readonly waiting: ((isOurs: boolean) => void)[] = [];
  private isTaken = false;
  private turns = 0;

  get isEmpty(): boolean {
    return !this.isTaken && this.waiting.length === 0;
  }

  /** Resolves to false after `waitMs`. @throws the signal's reason */
  async enter(waitMs: number, signal: AbortSignal | undefined): Promise<boolean> {
    signal?.throwIfAborted();
    if (!this.isTaken) {
      this.isTaken = true;
      return true;
    }
    return await new Promise<boolean>((resolve, reject) => {
      const end = (isOurs: boolean) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        resolve(isOurs);
      };
      const drop = () => this.waiting.splice(this.waiting.indexOf(end), 1);
      const timer = setTimeout(() => {
        drop();
        end(false);
      }, waitMs);
      const abort = () => {
        drop();
        clearTimeout(timer);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
      this.waiting.push(end);
    });
  }

  leave(): void {
    const next = this.waiting.shift();
    if (next === undefined) this.isTaken = false;
    else next(true);
  }

  noteFreed(isWantedElsewhere: boolean): void {
    this.turns = isWantedElsewhere ? this.turns + 1 : 0;
  }

  /** True once after so many turns, and the count begins anew. */
  mustYield(): boolean {
    if (this.turns < TURNS_MAX) return false;
    this.turns = 0;
    return true;
  }
}
