/** Which videos there are and whose, for views that are posted: a bounded memory of what the table said a moment ago. */
import type { Database } from '../../../database/database.ts';
import { type Integer, type Row, toBigInt } from '../../../database/values.ts';

const VIDEOS_MAX = 200_000;
/** A creator that is changed is known after so long. */
const KNOWN_MS = 60_000;
const IDS_PER_QUERY = 1_000;

export class VideoOwners {
  readonly #database: Database;
  /** Video -> creator, as decimal text; null: no known creator. Videos that there are not are not in it. */
  #known = new Map<string, string | null>();
  #sinceMs = 0;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The creators of those of the videos that there are. */
  async find(videos: Iterable<Integer>): Promise<ReadonlyMap<string, string | null>> {
    if (performance.now() - this.#sinceMs > KNOWN_MS || this.#known.size > VIDEOS_MAX) {
      this.#known = new Map();
      this.#sinceMs = performance.now();
    }
    const missing = [...new Set(Array.from(videos, String))].filter((id) => !this.#known.has(id));
    for (let from = 0; from < missing.length; from += IDS_PER_QUERY) {
      const rows: Row[] = await this.#database
        .knex('video')
        .whereIn('id', missing.slice(from, from + IDS_PER_QUERY))
        .select('id', 'creator_id');
      for (const { id, creator_id: creator } of rows) {
        this.#known.set(toBigInt(id).toString(), creator === null ? null : toBigInt(creator).toString());
      }
    }
    return this.#known;
  }
}
