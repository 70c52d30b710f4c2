/**
 * One range of accounts, in a worker thread: read them with their entries as they are at one moment, decide, and write
 * days, postings and journals in one transaction. An account that cannot be computed is set aside.
 */
import type { Transaction } from '../../database/database.ts';
import type { ExecutionContext } from '../../engine/execution-context.ts';
import type { ChunkHandlers, PartitionContext, Processed } from '../../engine/step.ts';
import { requireClaim } from '../writer-claim.ts';
import { interestClaim } from './claim.ts';
import { AccountDecider, type Decided } from './decide-accounts.ts';
import { deleteDays, readClosed, writeDays, writeEnded } from './interest-store.ts';
import { postInterest } from './post-interest.ts';
import { type AccountChunk, AccountReader } from './read-accounts.ts';
import type { SharedInterest } from './shared.ts';

const NEXT_KEY = 'nextKey';
const DONE = 'done';

export default async function openAccrualPartition(context: PartitionContext): Promise<ChunkHandlers> {
  return new AccrualPartition(context);
}

class AccrualPartition implements ChunkHandlers<AccountChunk, Decided> {
  readonly #context: PartitionContext;
  readonly #date: string;
  readonly #shared: SharedInterest;
  readonly #reader: AccountReader;
  readonly #decider: AccountDecider;

  constructor(context: PartitionContext) {
    this.#context = context;
    this.#date = context.parameters.require('date');
    this.#shared = context.shared as SharedInterest;
    const { database, executionContext, minId, maxId } = context;
    const isDone = executionContext.get(DONE) === true;
    this.#reader = new AccountReader(
      database,
      isDone ? undefined : (executionContext.getLong(NEXT_KEY) ?? minId),
      maxId,
    );
    this.#decider = new AccountDecider(database, this.#date, this.#shared);
  }

  async read(limit: number): Promise<AccountChunk | undefined> {
    return await this.#reader.next(limit);
  }

  async process(chunk: AccountChunk): Promise<Processed<Decided>> {
    const decided = await this.#decider.decide(chunk);
    const { accrued, idle, skipped } = decided;
    return { output: decided, writeCount: accrued, filterCount: idle, processSkipCount: skipped.length, skipped };
  }

  async write({ days, obsolete, postings, ended }: Decided, tx: Transaction): Promise<void> {
    const { database, jobExecutionId } = this.#context;
    await requireClaim(tx, interestClaim, jobExecutionId);
    // Closing takes this lock: what is closed stays so, and is seen here.
    await tx('settle_settlement_lock').where({ id: 1 }).forShare().first('id');
    const closed = await readClosed(tx);
    const isOpen = ({ date }: { readonly date: string }) => !closed.has(date);
    await deleteDays(tx, obsolete.filter(isOpen));
    // The run's own date is written once, also where its settlement is closed already. Others may have been closed since they
    // were decided.
    const written = days.filter(({ day, stored }) => isOpen(day) || (day.date === this.#date && stored === undefined));
    await writeDays(
      database,
      tx,
      written.map(({ day, stored }) => ({ ...day, revision: (stored?.revision ?? 0) + 1, jobExecutionId })),
    );
    await writeEnded(database, tx, ended);
    await postInterest(database, tx, { date: this.#date, jobExecutionId, closed, begun: this.#shared.begun }, postings);
  }

  saveState(executionContext: ExecutionContext): void {
    const { nextId } = this.#reader;
    if (nextId === undefined) executionContext.put(DONE, true);
    else executionContext.put(NEXT_KEY, nextId);
  }

  async close(): Promise<void> {}
}
