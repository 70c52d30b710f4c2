/**
 * Ids of step executions for a worker's thread: the next one is drawn while the partition of the last one is worked on. One
 * that is not used is a gap in the sequence.
 */
export class IdsAhead {
  readonly #draw: () => Promise<number>;
  #ahead: Promise<number | undefined> | undefined;

  /** @param draw gives an id that is greater than all before */
  constructor(draw: () => Promise<number>) {
    this.#draw = draw;
  }

  /** Whether one is at hand, or being drawn. */
  get hasOne(): boolean {
    return this.#ahead !== undefined;
  }

  /** One that is greater than `above`: the one at hand, or one that is drawn now. It is given out once. */
  async next(above: number): Promise<number> {
    const ahead = await this.#ahead;
    this.#ahead = undefined;
    return ahead !== undefined && ahead > above ? ahead : await this.#draw();
  }

  /** Begins to draw the next one. A failure is left to the one who asks for it. */
  drawAhead(): void {
    this.#ahead = this.#draw().catch(() => undefined);
  }

  /** Of an id that nothing was written under. */
  giveBack(id: number): void {
    this.#ahead = Promise.resolve(id);
  }
}
