/**
 * Ids of step executions for a worker's thread: the next one is drawn while the partition of the last one is worked on. One that
 * is not used is a gap in the sequence.
 */
export class IdsAhead {
  readonly #draw: () => Promise<number>;
  #ahead: Promise<number | undefined> = Promise.resolve(undefined);

  /** @param draw gives an id that is greater than all before */
  constructor(draw: () => Promise<number>) {
    this.#draw = draw;
  }

  /** One that is greater than `above`, which may have been drawn meanwhile; of each id the caller is the only one to know. */
  async next(above: number): Promise<number> {
    const ahead = await this.#ahead;
    this.#ahead = Promise.resolve(undefined);
    return ahead !== undefined && ahead > above ? ahead : await this.#draw();
  }

  /** Begins to draw the next one. A failure is left to the one who asks for it. */
  drawAhead(): void {
    this.#ahead = this.#draw().catch(() => undefined);
  }
}
