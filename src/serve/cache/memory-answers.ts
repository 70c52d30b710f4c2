/** Answers in the memory of this process: at most so many bytes, what was not asked for the longest goes first. */
import type { Answer, LabelledAnswer } from './stored-answer.ts';

interface Entry extends LabelledAnswer {
  readonly bytes: number;
  readonly untilMs: number;
}

/** Map, key and objects of an entry, about. */
const OVERHEAD_BYTES = 400;

export class MemoryAnswers {
  readonly #bytesMax: number;
  readonly #keepMs: number;
  readonly #now: () => number;
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  /** @param keepMs for so long an answer is kept, whatever happens */
  constructor(bytesMax: number, keepMs: number, now: () => number = () => performance.now()) {
    this.#bytesMax = bytesMax;
    this.#keepMs = keepMs;
    this.#now = now;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Undefined for another label. */
  get(key: string, label: string): Answer | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined || entry.label !== label) return undefined;
    if (this.#now() >= entry.untilMs) {
      this.delete(key);
      return undefined;
    }
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.answer;
  }

  /** One that is larger than a quarter of the room is not kept. */
  set(key: string, { label, answer }: LabelledAnswer): void {
    this.delete(key);
    const bytes = answer.body.length + 2 * key.length + OVERHEAD_BYTES;
    if (bytes > this.#bytesMax / 4) return;
    this.#entries.set(key, { label, answer, bytes, untilMs: this.#now() + this.#keepMs });
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#bytesMax) break;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }
}
