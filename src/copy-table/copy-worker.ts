/** One partition of a copy: pages of the source, inserted in the transaction that notes how far it has come. */
import type { Knex } from 'knex';
import type { ColumnBatch } from '../database/column-batch.ts';
import type { Transaction } from '../database/database.ts';
import { openDatabase } from '../database/open.ts';
import type { ExecutionContext } from '../engine/execution-context.ts';
import type { Chunk, ChunkHandlers, PartitionContext, Processed } from '../engine/step.ts';
import { ExitCode, SettleError } from '../errors.ts';
import { canonicalAt } from './column-kind.ts';
import type { CopyPlan, CopyRequest } from './copy-plan.ts';
import { type CopyState, readState, writeState } from './copy-state.ts';
import { keyAt, kindsOf, newPage, PageReader, type PageSource } from './read-page.ts';
import { mustFit, requireFits } from './require-fits.ts';
import { DigestSum } from './row-digest.ts';
import { RowHasher } from './row-hash.ts';

/** What the manager tells its threads; never stored, for the URL may hold a password. */
export interface CopyShare {
  readonly sourceUrl: string;
  readonly request: CopyRequest;
}

interface Page extends Chunk {
  readonly rows: ColumnBatch;
}

export default async function openCopy(context: PartitionContext): Promise<ChunkHandlers<Page, ColumnBatch>> {
  const { sourceUrl, request } = context.shared as CopyShare;
  const plan = context.planDetail as CopyPlan;
  const source = await openDatabase(sourceUrl, { create: false });
  try {
    // All of the partition's pages are of the moment of its first.
    const snapshot = await source.knex.transaction({ isolationLevel: 'repeatable read' });
    return new CopyHandlers(context, plan, request, {
      pages: {
        database: source,
        tx: snapshot,
        table: request.table,
        plan,
        side: 'from',
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

interface Source {
  readonly pages: PageSource;
  close(): Promise<void>;
}

class CopyHandlers implements ChunkHandlers<Page, ColumnBatch> {
  readonly #database: PartitionContext['database'];
  readonly #plan: CopyPlan;
  readonly #target: { readonly table: string; readonly columns: readonly string[] };
  readonly #hasher: RowHasher;
  readonly #source: Source;
  readonly #reader: PageReader;
  /** By turns: the one is written while the other is filled. */
  readonly #pages: readonly [ColumnBatch, ColumnBatch];
  #turn = 0;
  #state: CopyState;
  /** The page that comes next, on its way while this one is written; whether it is the last. */
  #ahead: Promise<boolean> | undefined;
  #isAtEnd = false;

  constructor(
    { database, executionContext, chunkSize }: PartitionContext,
    plan: CopyPlan,
    { into }: CopyRequest,
    source: Source,
  ) {
    this.#database = database;
    this.#plan = plan;
    this.#target = { table: into, columns: plan.columns.map(({ to }) => to) };
    this.#hasher = new RowHasher(kindsOf(plan));
    this.#source = source;
    this.#reader = new PageReader(source.pages, chunkSize);
    this.#pages = [newPage(source.pages, chunkSize), newPage(source.pages, chunkSize)];
    this.#state = readState(executionContext);
  }

  async read(): Promise<Page | undefined> {
    if (this.#isAtEnd) return undefined;
    const rows = this.#pages[this.#turn];
    this.#isAtEnd = await (this.#ahead ?? this.#reader.read(this.#state.after, rows));
    this.#ahead = undefined;
    if (rows.size === 0) return undefined;
    this.#hasher.hash(rows);
    const digest = new DigestSum(this.#state.digest);
    digest.addAll(this.#hasher, rows.size);
    const after = keyAt(rows, rows.size - 1, this.#plan.key);
    this.#state = { after, digest };
    this.#turn = 1 - this.#turn;
    if (!this.#isAtEnd) {
      this.#ahead = this.#reader.read(after, this.#pages[this.#turn]);
      // Thrown where it is awaited.
      this.#ahead.catch(() => undefined);
    }
    return { size: rows.size, rows };
  }

  process({ rows }: Page): Processed<ColumnBatch> {
    const { columns } = this.#plan;
    const isServer = this.#database.dialect.name !== 'sqlite';
    for (let at = 0; at < columns.length; at++) {
      if (mustFit(columns[at]) || (isServer && columns[at].kind === 'real')) this.#requireFits(rows, at);
    }
    return { output: rows, writeCount: rows.size, filterCount: 0, processSkipCount: 0 };
  }

  /** @throws SettleError COPY_WOULD_LOSE (exit 2), naming the first row whose value the target's column would not keep */
  #requireFits(rows: ColumnBatch, at: number): void {
    const { columns, key } = this.#plan;
    for (let row = 0; row < rows.size; row++) {
      const problem = requireFits(canonicalAt(rows, at, row), columns[at]);
      if (problem === undefined) continue;
      const last = keyAt(rows, row, key);
      const place = key.map((one, n) => `${columns[one].from} ${last[n]}`).join(', ');
      throw new SettleError(
        'COPY_WOULD_LOSE',
        ExitCode.usage,
        `column ${columns[at].from} of the row with ${place} ${problem}`,
        { hint: 'correct the row, or leave it out by --where' },
      );
    }
  }

  async write(rows: ColumnBatch, tx: Transaction): Promise<void> {
    await this.#database.dialect.insertColumns(tx, this.#target, rows);
  }

  saveState(context: ExecutionContext): void {
    writeState(context, this.#state);
  }

  async close(): Promise<void> {
    await this.#ahead?.catch(() => undefined);
    await this.#source.close();
  }
}
