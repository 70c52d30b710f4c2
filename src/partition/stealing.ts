/**
 * Work stealing: knows what the workers are at, and has the partition that would end last give up the far part of its
 * rest for a worker that has nothing to do.
 */
import type { PartitionTask } from './protocol.ts';

interface Running {
  readonly task: PartitionTask;
  readonly startedAtMs: number;
  readonly askToSplit: (newPartition: number) => void;
  rowsExpected: number;
  rowsDone: number;
  /** Set while it is asked. Resolves to whether it has given up a part. */
  asked: PromiseWithResolvers<boolean> | undefined;
  /** It has said that it cannot be cut: it is not asked again. */
  refused: boolean;
}

export interface StealingOptions {
  /** Rows that a part must have, about. */
  readonly rowsMin: number;
  /** The number of a partition that does not exist yet; each is given out once. */
  readonly nextNumber: () => number;
  readonly now?: () => number;
}

export class RunningPartitions {
  readonly #options: StealingOptions | undefined;
  readonly #now: () => number;
  readonly #running = new Map<number, Running>();

  /** @param options undefined: nothing is ever stolen */
  constructor(options: StealingOptions | undefined) {
    this.#options = options;
    this.#now = options?.now ?? (() => performance.now());
  }

  /** @param askToSplit sends the question; the answer comes by `answered` or `ended` */
  started(task: PartitionTask, askToSplit: (newPartition: number) => void): void {
    const { rowsExpected, rowsDone } = task;
    const startedAtMs = this.#now();
    const running = { task, startedAtMs, askToSplit, rowsExpected, rowsDone, asked: undefined, refused: false };
    this.#running.set(task.partition, running);
  }

  advanced(partition: number, rowsDone: number): void {
    const running = this.#running.get(partition);
    if (running !== undefined) running.rowsDone = rowsDone;
  }

  /** What a running partition has answered. */
  answered(partition: number, isGivenUp: boolean): void {
    const running = this.#running.get(partition);
    if (running === undefined) return;
    if (isGivenUp) running.rowsExpected -= rowsLeft(running) / 2;
    else running.refused = true;
    this.#answer(running, isGivenUp);
  }

  ended(partition: number): void {
    const running = this.#running.get(partition);
    if (running === undefined) return;
    this.#running.delete(partition);
    this.#answer(running, false);
  }

  /** The number of a partition that was cut off for the caller; undefined when nothing is left that is worth it. */
  async steal(): Promise<number | undefined> {
    if (this.#options === undefined) return undefined;
    for (;;) {
      const worthIt = [...this.#running.values()].filter((one) => this.#isWorthIt(one));
      if (worthIt.length === 0) return undefined;
      const free = worthIt.filter(({ asked }) => asked === undefined);
      if (free.length === 0) {
        // Another idle worker is being served: what is left after that may still be worth a cut.
        await Promise.race(worthIt.map(({ asked }) => asked?.promise));
        continue;
      }
      const victim = free.reduce((a, b) => (this.#msLeft(b) > this.#msLeft(a) ? b : a));
      victim.asked = Promise.withResolvers<boolean>();
      const number = this.#options.nextNumber();
      victim.askToSplit(number);
      if (await victim.asked.promise) return number;
    }
  }

  #isWorthIt(running: Running): boolean {
    return !running.refused && rowsLeft(running) >= 2 * (this.#options?.rowsMin ?? Number.POSITIVE_INFINITY);
  }

  /** By its own pace so far; one that has not committed anything yet counts as the slower the longer it is at it. */
  #msLeft(running: Running): number {
    const { startedAtMs, rowsDone, task } = running;
    return (rowsLeft(running) * (this.#now() - startedAtMs)) / Math.max(1, rowsDone - task.rowsDone);
  }

  #answer(running: Running, isGivenUp: boolean): void {
    const { asked } = running;
    running.asked = undefined;
    asked?.resolve(isGivenUp);
  }
}

function rowsLeft({ rowsExpected, rowsDone }: Running): number {
  return Math.max(0, rowsExpected - rowsDone);
}
