/** Whose turn it is to send, among the lanes of a process: one after the other, in the order in which they asked. */

/** From here on a turn holds up no others: a receiver that is slow with one lane's messages may be quick with others. */
const TURN_MS_MAX = 1_000;

export class Turns<Asking> {
  private readonly waiting: { readonly asking: Asking; readonly begin: () => void }[] = [];
  private readonly turnMsMax: number;
  private isTaken = false;

  constructor(turnMsMax: number = TURN_MS_MAX) {
    this.turnMsMax = turnMsMax;
  }

  /** Who is next; undefined: nobody waits. */
  get next(): Asking | undefined {
    return this.waiting[0]?.asking;
  }

  /** Does the work when the turns before it are over, or have taken too long. Rejects as the work does. */
  async take<T>(asking: Asking, work: () => Promise<T>): Promise<T> {
    if (this.isTaken) await new Promise<void>((begin) => this.waiting.push({ asking, begin }));
    this.isTaken = true;
    let isOver = false;
    const end = () => {
      if (isOver) return;
      isOver = true;
      const next = this.waiting.shift();
      if (next === undefined) this.isTaken = false;
      else next.begin();
    };
    const timer = setTimeout(end, this.turnMsMax);
    try {
      return await work();
    } finally {
      clearTimeout(timer);
      end();
    }
  }
}
