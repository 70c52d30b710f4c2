/**
 * Reads the challenges of one range that are due, a chunk at a time, with their members; on servers the next chunk while
 * the one before it is being written. Others may overtake what is read ahead: the settlement compares it under its locks.
 */
import type { Database } from '../../../database/database.ts';
import type { Chunk } from '../../../engine/step.ts';
import { type DueChallenge, selectDue } from './challenge-store.ts';
import { type DigestedMembers, type Member, readMembers } from './member-store.ts';

export interface DueChunk extends Chunk {
  readonly challenges: readonly DueChallenge[];
  /** Members by challenge, in join order; undefined: too many to hold. Then there is one challenge, read in pages. */
  readonly held: HeldMembers | undefined;
}

export type HeldMembers = DigestedMembers<ReadonlyMap<bigint, readonly Member[]>>;

export interface DueRange {
  readonly date: string;
  /** Both inside. */
  readonly fromId: bigint;
  readonly toId: bigint;
}

/** How many members are in memory at once. */
export interface MemberLimits {
  /** Of challenges that are settled together; one that has more is read in pages. */
  readonly heldMax: number;
  /** Members of such a page. */
  readonly pageMembers: number;
}

export class DueChunks {
  readonly #database: Database;
  readonly #range: DueRange;
  readonly #heldMax: number;
  #nextId: bigint;
  #ahead: { readonly limit: number; readonly chunk: Promise<DueChunk | undefined> } | undefined;

  constructor(database: Database, range: DueRange, { heldMax }: MemberLimits) {
    this.#database = database;
    this.#range = range;
    this.#heldMax = heldMax;
    this.#nextId = range.fromId;
  }

  /** The next challenges, at most `limit`; undefined at the end of the range. */
  async next(limit: number): Promise<DueChunk | undefined> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    const isFit = ahead !== undefined && ahead.limit <= limit;
    const chunk = await (isFit ? ahead.chunk : this.#read(limit));
    if (!isFit) await ahead?.chunk.catch(() => undefined);
    const last = chunk?.challenges.at(-1);
    if (last !== undefined) this.#nextId = last.id + 1n;
    return chunk;
  }

  /** Begins to read what `next(limit)` will ask for. SQLite has one connection, which is taken. */
  readAhead(limit: number): void {
    if (this.#database.dialect.name === 'sqlite' || this.#ahead !== undefined) return;
    const chunk = this.#read(limit);
    // Thrown where it is awaited.
    chunk.catch(() => undefined);
    this.#ahead = { limit, chunk };
  }

  /** Waits for what is still being read: its connection must be free again. */
  async close(): Promise<void> {
    await this.#ahead?.chunk.catch(() => undefined);
  }

  async #read(limit: number): Promise<DueChunk | undefined> {
    const { knex, dialect } = this.#database;
    const heldMax = this.#heldMax;
    const due = await selectDue(knex, this.#range.date, this.#nextId, this.#range.toId, limit);
    if (due.length === 0) return undefined;
    const challenges: DueChallenge[] = [];
    let members = 0;
    for (const challenge of due) {
      members += challenge.members;
      if (members > heldMax && challenges.length > 0) break;
      challenges.push(challenge);
    }
    const isLarge = challenges.length === 1 && members > heldMax;
    const held = isLarge ? undefined : await readMembers(knex, dialect, challenges);
    return { size: challenges.length, challenges, held };
  }
}
