/**
 * One range of order ids, in a worker thread: read both sides, decide, and in one transaction make sure that what was read
 * still holds, and write classes, points and refunds. Only what changes is locked, looked at again and written.
 */
import type { Transaction } from '../../database/database.ts';
import { lockName } from '../../database/lock-row.ts';
import { readSnapshot, withSnapshot } from '../../database/snapshot.ts';
import type { ExecutionContext } from '../../engine/execution-context.ts';
import type { Chunk, ChunkHandlers, PartitionContext, Processed } from '../../engine/step.ts';
import { optimisticLock } from '../../repository/row.ts';
import { businessDay } from '../../rules/business-time.ts';
import { requireClaim } from '../writer-claim.ts';
import type { SharedBeginning } from './begin.ts';
import { businessDateFinder } from './business-dates.ts';
import { paymentClaim } from './claim.ts';
import { type FactsPage, readFacts, readFactsOf, type StoredFacts } from './fact-store.ts';
import { pointsDaysOf, timeoutHoursOf } from './payment-parameters.ts';
import { type DecidedFacts, movePoints, type PaymentRun } from './post-points.ts';
import { addRead, askForRefunds, insertClasses } from './result-store.ts';
import { type DecideTerms, decidePayment, isIdle } from './rules/decide.ts';
import { noSides, type Sides, sumSides } from './rules/sides.ts';

const LAST_KEY = 'lastKey';
const HOUR_MS = 3_600_000;
/** The lock of everybody who decides about payments: no two write at once, whatever their dates. */
const LOCK = 'payments';

interface FactsChunk extends Chunk, FactsPage {}

interface DecidedChunk {
  readonly changed: readonly DecidedFacts[];
  readonly ofDate: Sides;
}

export default async function openReconciliation(context: PartitionContext): Promise<ChunkHandlers> {
  return new Reconciliation(context);
}

class Reconciliation implements ChunkHandlers<FactsChunk, DecidedChunk> {
  readonly #context: PartitionContext;
  readonly #run: PaymentRun;
  readonly #terms: DecideTerms;
  #lastId: bigint;

  constructor(context: PartitionContext) {
    const { parameters, jobExecutionId } = context;
    const [date, zone] = [parameters.require('date'), parameters.require('zone')];
    this.#context = context;
    this.#run = { date, jobExecutionId, pointsDays: pointsDaysOf(parameters) };
    const { since } = context.shared as SharedBeginning;
    this.#terms = {
      date,
      sinceMs: businessDay(since, zone).startMs,
      endMs: businessDay(date, zone).endMs,
      timeoutMs: timeoutHoursOf(parameters) * HOUR_MS,
      dateOf: businessDateFinder(zone),
    };
    this.#lastId = context.executionContext.getLong(LAST_KEY) ?? context.minId - 1n;
  }

  async read(limit: number): Promise<FactsChunk | undefined> {
    const { database, maxId } = this.#context;
    if (this.#lastId >= maxId) return undefined;
    const range = { fromId: this.#lastId + 1n, toId: maxId };
    const read = (executor: typeof database.knex) => readFacts(executor, range, this.#run.date, limit);
    // One moment for all tables, so that a transaction of the platform is seen whole. SQLite has one connection.
    const page = await (database.dialect.name === 'sqlite' ? read(database.knex) : readSnapshot(database, read));
    this.#lastId = page.throughId;
    // The last piece of a range may hold nothing, and must be noted as read all the same.
    return { ...page, size: Math.max(1, page.facts.length) };
  }

  process({ facts, size }: FactsChunk): Processed<DecidedChunk> {
    const sides: Sides[] = [];
    const changed: DecidedFacts[] = [];
    for (const one of facts) {
      const decision = decidePayment(one, this.#terms);
      if (decision === undefined) continue;
      sides.push(decision.ofDate);
      if (!isIdle(decision)) changed.push({ facts: one, decision });
    }
    const skipped = changed.flatMap(({ facts: { order, approvals }, decision }) =>
      decision.problems.map(({ key, problem }) => ({
        phase: 'process' as const,
        key,
        payload: JSON.stringify({ order, approvals }, (_, value) => (typeof value === 'bigint' ? `${value}` : value)),
        error: problem,
      })),
    );
    const processSkipCount = Math.min(skipped.length, size);
    const writeCount = Math.min(changed.length, size - processSkipCount);
    return {
      output: { changed, ofDate: sides.length === 0 ? noSides : sumSides(sides) },
      writeCount,
      filterCount: size - writeCount - processSkipCount,
      processSkipCount,
      skipped,
    };
  }

  async write({ changed, ofDate }: DecidedChunk, tx: Transaction): Promise<void> {
    const { database, jobInstanceId, jobExecutionId, partition, logger } = this.#context;
    await requireClaim(tx, paymentClaim, jobExecutionId);
    await addRead(database, tx, jobInstanceId, partition, ofDate);
    if (changed.length === 0) return;
    await lockName(tx, LOCK);
    await this.#requireSame(tx, changed);
    await insertClasses(database, tx, this.#run, changed);
    const refused = await movePoints(database, tx, this.#run, changed);
    if (refused > 0) logger.warn({ refused }, 'the ledger refused points of payments: the next night tries them again');
    await askForRefunds(database, tx, this.#run, changed);
  }

  saveState(executionContext: ExecutionContext): void {
    executionContext.put(LAST_KEY, this.#lastId);
  }

  async close(): Promise<void> {}

  /** @throws SettleError OPTIMISTIC_LOCK when somebody has changed what was decided on */
  async #requireSame(tx: Transaction, changed: readonly DecidedFacts[]): Promise<void> {
    const ids = changed.map(({ facts }) => facts.orderId);
    const read = (executor: Transaction) => readFactsOf(executor, ids, this.#run.date);
    const now = new Map((await withSnapshot(this.#context.database, tx, read)).map((facts) => [facts.orderId, facts]));
    for (const { facts } of changed) {
      if (textOf(facts) === textOf(now.get(facts.orderId))) continue;
      throw optimisticLock(`payment order ${facts.orderId} was changed while it was being reconciled`, {
        hint: 'start the run again: it continues from its last checkpoint',
      });
    }
  }
}

function textOf(facts: StoredFacts | undefined): string {
  if (facts === undefined) return '';
  const all = { ...facts, classSeqs: [...facts.classSeqs] };
  return JSON.stringify(all, (_, value) => (typeof value === 'bigint' ? `${value}` : value));
}
