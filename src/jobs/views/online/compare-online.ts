/**
 * What the views of a date were told when they were posted, beside what the night made of them: their difference by date
 * (domain.md section 13). The night's verdict on a single view is kept nowhere, so the date is judged anew as `settle verify`
 * does it.
 */
import type { Database } from '../../../database/database.ts';
import { toNumber } from '../../../database/values.ts';
import { ExitCode, SettleError } from '../../../errors.ts';
import { businessDay } from '../../../rules/business-time.ts';
import { isWritten, type OnlineVerdict, verdictOfLetter } from '../rules/online-verdict.ts';
import type { ViewPolicy } from '../rules/verdict.ts';
import { countArrivedRows } from '../statistics/arrived-rows.ts';
import { zoneFlag } from '../statistics/likely-zone.ts';
import { type DateVerdict, recomputeDate, type VerdictListener } from '../statistics/recompute-date.ts';
import { readStatisticsRun } from '../statistics/statistics-run.ts';
import { streamBatches } from './batch-store.ts';

/** Views that were told one thing and got another verdict, or the same. */
export interface OnlinePair {
  readonly online: OnlineVerdict;
  readonly night: DateVerdict;
  readonly views: number;
}

export interface OnlineComparison {
  readonly date: string;
  readonly zone: string;
  /** The run whose statistics are published. */
  readonly execution: number;
  /** Views of the date that were posted. */
  readonly posted: number;
  /** Of those: told what the night says, told something else, not checked. */
  readonly same: number;
  readonly different: number;
  readonly unchecked: number;
  /** Of the posted views: counted when they were posted, and counted by the night. */
  readonly countedOnline: number;
  readonly countedByNight: number;
  /** Every pair of verdicts that there is. */
  readonly pairs: readonly OnlinePair[];
  /** Views of the date that came another way: an import, another program, a batch that is not kept any more. */
  readonly notPosted: number;
  /** Rows of the date that arrived after that run. */
  readonly arrived: number;
}

/** @throws SettleError NOT_SETTLED (exit code 2) when the date has no published statistics */
export async function compareOnline(database: Database, date: string): Promise<OnlineComparison> {
  const run = await readStatisticsRun(database.knex, date);
  if (run === undefined) {
    throw new SettleError('NOT_SETTLED', ExitCode.usage, `${date} has not been settled`, {
      hint: `run \`settle --date ${date}${await zoneFlag(database.knex, date)}\` first`,
    });
  }
  const { policy } = await database.knex('settle_statistics_run').where({ business_date: date }).first('policy');
  const day = businessDay(date, run.zone);
  const posted = await PostedVerdicts.read(database, day);
  const counter = new PairCounter(posted);
  await recomputeDate(database, day, JSON.parse(String(policy)) as ViewPolicy, counter);
  const { pairs, notPosted } = counter;
  const sum = (which: (pair: OnlinePair) => boolean) =>
    pairs.filter(which).reduce((total, { views }) => total + views, 0);
  return {
    date,
    zone: run.zone,
    execution: toNumber(run.jobExecutionId),
    posted: sum(() => true),
    same: sum(({ online, night }) => online === night),
    different: sum(({ online, night }) => online !== night && online !== 'unchecked'),
    unchecked: sum(({ online }) => online === 'unchecked'),
    countedOnline: sum(({ online }) => online === 'counted'),
    countedByNight: sum(({ night }) => night === 'counted'),
    pairs,
    notPosted,
    arrived: await countArrivedRows(database, run),
  };
}

/** What the views of a date were told, by their ids: a byte a view, and an entry a batch. */
class PostedVerdicts {
  /** Ascending; each of a batch whose views follow it without a gap. */
  readonly #firstIds: bigint[] = [];
  readonly #letters: string[] = [];
  /** The batch of the last look: rows come mostly in the order of their ids. */
  #last = 0;

  static async read(database: Database, day: { readonly startMs: number; readonly endMs: number }) {
    const posted = new PostedVerdicts();
    for await (const { firstId, verdicts } of streamBatches(database, day)) {
      if (firstId === undefined) continue;
      posted.#firstIds.push(firstId);
      posted.#letters.push([...verdicts].filter(isWritten).join(''));
    }
    return posted;
  }

  /** Undefined: the row was not posted. */
  find(id: bigint): OnlineVerdict | undefined {
    const letter = this.#letterIn(this.#last, id) ?? this.#letterIn(this.#batchOf(id), id);
    return letter === undefined ? undefined : verdictOfLetter(letter);
  }

  #letterIn(batch: number, id: bigint): string | undefined {
    const first = this.#firstIds[batch];
    if (first === undefined || id < first) return undefined;
    const letter = this.#letters[batch][Number(id - first)];
    if (letter !== undefined) this.#last = batch;
    return letter;
  }

  /** The last batch that begins at the id or before; -1 for none. */
  #batchOf(id: bigint): number {
    let [low, high] = [0, this.#firstIds.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#firstIds[middle] <= id) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}

class PairCounter implements VerdictListener {
  readonly #posted: PostedVerdicts;
  #views = new Map<string, OnlinePair>();
  notPosted = 0;

  constructor(posted: PostedVerdicts) {
    this.#posted = posted;
  }

  get pairs(): OnlinePair[] {
    return [...this.#views.keys()].sort().map((key) => this.#views.get(key)!);
  }

  begin(): void {
    this.#views = new Map();
    this.notPosted = 0;
  }

  take(id: bigint, night: DateVerdict): void {
    const online = this.#posted.find(id);
    if (online === undefined) {
      this.notPosted++;
      return;
    }
    const key = `${online} ${night}`;
    const views = (this.#views.get(key)?.views ?? 0) + 1;
    this.#views.set(key, { online, night, views });
  }
}
