/** One partition of a copy: pages of the source, inserted in the transaction that notes how far it has come. */
import type { Knex } from 'knex';
import { bulkInsert } from '../database/bulk-insert.ts';
import type { Transaction } from '../database/database.ts';
import { openDatabase } from '../database/open.ts';
import type { SqlValue } from '../database/values.ts';
import type { ExecutionContext } from '../engine/execution-context.ts';
import type { Chunk, ChunkHandlers, PartitionContext, Processed } from '../engine/step.ts';
import { ExitCode, SettleError } from '../errors.ts';
import { type Canonical, type ColumnKind, serverValueOf, sqlValueOf } from './column-kind.ts';
import type { CopyPlan, CopyRequest } from './copy-plan.ts';
import { type CopyState, readState, writeState } from './copy-state.ts';
import { type PageSource, readPage } from './read-page.ts';
import { mustFit, requireFits } from './require-fits.ts';
import { DigestSum } from './row-digest.ts';
import { RowHasher } from './row-hash.ts';

/** What the manager tells its threads; never stored, for the URL may hold a password. */
export interface CopyShare {
  readonly sourceUrl: string;
  readonly request: CopyRequest;
}

interface Page extends Chunk {
  readonly rows: readonly Canonical[][];
}

export default async function openCopy(context: PartitionContext): Promise<ChunkHandlers<Page, SqlValue[][]>> {
  const { sourceUrl, request } = context.shared as CopyShare;
  const plan = context.planDetail as CopyPlan;
  const source = await openDatabase(sourceUrl, { create: false });
  try {
    // All of the partition's pages are of the moment of its first.
    const snapshot = await source.knex.transaction({ isolationLevel: 'repeatable read' });
    return new CopyHandlers(context, plan, request, {
      pages: {
        database: source,
        executor: snapshot,
        table: request.table,
        columns: plan.columns.map(({ from: name, kind }) => ({ name, kind })),
        key: plan.key,
        where: request.where,
        range: plan.range === undefined ? undefined : [context.minId, context.maxId],
      },
      close: async () => {
        await endSnapshot(snapshot);
        await source.close();
      },
    });
  } catch (error) {
    await source.close();
    throw error;
  }
}

async function endSnapshot(snapshot: Knex.Transaction): Promise<void> {
  // Nothing was written; a connection that is gone has ended it by itself.
  await Promise.resolve(snapshot.rollback()).catch(() => undefined);
}

class CopyHandlers implements ChunkHandlers<Page, SqlValue[][]> {
  readonly #database: PartitionContext['database'];
  readonly #plan: CopyPlan;
  readonly #table: string;
  readonly #kinds: readonly ColumnKind[];
  readonly #toSql: typeof sqlValueOf;
  readonly #hasher: RowHasher;
  readonly #source: { readonly pages: PageSource; close(): Promise<void> };
  #state: CopyState;
  /** The page that comes next, on its way while this one is written. */
  #ahead: Promise<Canonical[][]> | undefined;
  #isAtEnd = false;

  constructor(
    { database, executionContext }: PartitionContext,
    plan: CopyPlan,
    { into }: CopyRequest,
    source: { readonly pages: PageSource; close(): Promise<void> },
  ) {
    this.#database = database;
    this.#plan = plan;
    this.#table = into;
    this.#kinds = plan.columns.map(({ kind }) => kind);
    this.#toSql = database.dialect.name === 'sqlite' ? sqlValueOf : serverValueOf;
    this.#hasher = new RowHasher(this.#kinds);
    this.#source = source;
    this.#state = readState(executionContext);
  }

  async read(limit: number): Promise<Page | undefined> {
    if (this.#isAtEnd) return undefined;
    const rows = await (this.#ahead ?? readPage(this.#source.pages, this.#state.after, limit));
    this.#ahead = undefined;
    this.#isAtEnd = rows.length < limit;
    if (rows.length === 0) return undefined;
    const last = rows[rows.length - 1];
    const digest = new DigestSum(this.#state.digest);
    for (const row of rows) {
      this.#hasher.hash(row);
      digest.add(this.#hasher);
    }
    const after = this.#plan.key.map((at) => last[at]);
    this.#state = { after, digest };
    if (!this.#isAtEnd) {
      this.#ahead = readPage(this.#source.pages, after, limit);
      // Thrown where it is awaited.
      this.#ahead.catch(() => undefined);
    }
    return { size: rows.length, rows };
  }

  process({ rows }: Page): Processed<SqlValue[][]> {
    const { columns } = this.#plan;
    for (let at = 0; at < columns.length; at++) if (mustFit(columns[at])) this.#requireFits(rows, at);
    const [kinds, toSql] = [this.#kinds, this.#toSql];
    const output = rows.map((row) => row.map((value, at) => toSql(value, kinds[at])));
    return { output, writeCount: rows.length, filterCount: 0, processSkipCount: 0 };
  }

  /** @throws SettleError COPY_WOULD_LOSE (exit 2), naming the first row whose value the target's column would not keep */
  #requireFits(rows: Page['rows'], at: number): void {
    const { columns, key } = this.#plan;
    for (const row of rows) {
      const problem = requireFits(row[at], columns[at]);
      if (problem === undefined) continue;
      const place = key.map((one) => `${columns[one].from} ${row[one]}`).join(', ');
      throw new SettleError(
        'COPY_WOULD_LOSE',
        ExitCode.usage,
        `column ${columns[at].from} of the row with ${place} ${problem}`,
        { hint: 'correct the row, or leave it out by --where' },
      );
    }
  }

  async write(rows: SqlValue[][], tx: Transaction): Promise<void> {
    const columns = this.#plan.columns.map(({ to }) => to);
    await bulkInsert(tx, this.#database.dialect, { table: this.#table, columns }, rows);
  }

  saveState(context: ExecutionContext): void {
    writeState(context, this.#state);
  }

  async close(): Promise<void> {
    await this.#ahead?.catch(() => undefined);
    await this.#source.close();
  }
}
