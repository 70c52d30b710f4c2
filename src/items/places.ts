/** Where the items stood that a reader has handed out, by their number: the item that is committed is not the last one read. */

export interface Place {
  readonly file: number;
  /** Records of that file up to the item, those included that were no items. */
  readonly position: number;
}

interface Run {
  /** Number of the first item, from 1. */
  readonly first: number;
  readonly file: number;
  /** What to add to the number of an item for its position. */
  readonly offset: number;
}

/** Items in a row need one entry: a new one begins where a record was no item, and with each file. */
export class Places {
  #items = 0;
  #runs: Run[] = [];

  handedOut(file: number, position: number): void {
    const item = ++this.#items;
    const last = this.#runs.at(-1);
    const offset = position - item;
    if (last?.offset !== offset || last.file !== file) this.#runs.push({ first: item, file, offset });
  }

  /** Forgets the places before it. @param item its number, from 1 */
  at(item: number): Place {
    const index = this.#runs.findLastIndex(({ first }) => first <= item);
    if (index < 0) throw new RangeError(`no item ${item} was handed out`);
    this.#runs = this.#runs.slice(index);
    const { file, offset } = this.#runs[0];
    return { file, position: item + offset };
  }
}
