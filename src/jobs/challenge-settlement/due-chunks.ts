/**
 * Reads the challenges of one range that are due, a chunk at a time, with their members; on servers the next chunk while
 * the one before it is being written. What is read ahead may be overtaken by others like everything that is read: the
 * settlement looks again under its locks.
 */
import type { Database } from '../../database/database.ts';
import type { Chunk } from '../../engine/step.ts';
import { type DueChallenge, selectDue } from './challenge-store.ts';
import { type Member, readMembers } from './member-store.ts';
import { sliceMembers } from './settle-challenges.ts';

export interface DueChunk extends Chunk {
  readonly challenges: readonly DueChallenge[];
  /** By challenge, in join order; undefined: too many to hold. Then there is one challenge, and they are read in pages. */
  readonly members: ReadonlyMap<bigint, readonly Member[]> | undefined;
}

export interface DueRange {
  readonly date: string;
  /** Both inside. */
  readonly fromId: bigint;
  readonly toId: bigint;
}

export class DueChunks {
  readonly #database: Database;
  readonly #range: DueRange;
  #nextId: bigint;
  #ahead: { readonly limit: number; readonly chunk: Promise<DueChunk | undefined> } | undefined;

  constructor(database: Database, range: DueRange) {
    this.#database = database;
    this.#range = range;
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
    const { knex } = this.#database;
    const due = await selectDue(knex, this.#range.date, this.#nextId, this.#range.toId, limit);
    if (due.length === 0) return undefined;
    const challenges: DueChallenge[] = [];
    let members = 0;
    for (const challenge of due) {
      members += challenge.members;
      if (members > sliceMembers && challenges.length > 0) break;
      challenges.push(challenge);
    }
    const isLarge = challenges.length === 1 && members > sliceMembers;
    const held = isLarge ? undefined : await readMembers(knex, challenges);
    return { size: challenges.length, challenges, members: held };
  }
}
