/**
 * What is to be written about the accounts of a chunk. An account whose inputs are what they were when its latest date was
 * written goes on from there; every other one is computed from its opening, and compared with all that is stored.
 */
import type { Database } from '../../database/database.ts';
import type { SkippedRecord } from '../../engine/skip-policy.ts';
import { inputDigest } from './input-digest.ts';
import {
  type IdRange,
  type InterestDay,
  type PostedSum,
  readClosed,
  readDaysOfAccounts,
  readDaysOfRange,
  readEnded,
  readPostedSums,
} from './interest-store.ts';
import { type AccountChunk, type AccountRows, entryColumns } from './read-accounts.ts';
import { type AccountTerms, accrue, type DatedAmount, denominatorOf, UnsoundAccount } from './rules/accrual.ts';
import { serialOf, serialOfText, textOfSerial } from './rules/calendar.ts';
import type { SharedInterest } from './shared.ts';

const int64Max = 2n ** 63n - 1n;

/** What is due about one end of a period, and what is posted. */
export interface DuePosting {
  readonly accountId: bigint;
  readonly periodEnd: string;
  readonly due: bigint;
  readonly posted: PostedSum;
}

export interface NewDay {
  readonly day: Omit<InterestDay, 'revision' | 'jobExecutionId'>;
  /** What is stored; undefined: nothing. */
  readonly stored: InterestDay | undefined;
}

export interface Decided {
  /** Days that are not as they are stored. */
  readonly days: NewDay[];
  /** Stored days on which the account did not accrue after all. */
  readonly obsolete: InterestDay[];
  readonly postings: DuePosting[];
  /** Account to digest; null: the account has not ended after all. */
  readonly ended: Map<bigint, string | null>;
  readonly skipped: SkippedRecord[];
  /** Accounts that accrue on the date, and those that do not. */
  accrued: number;
  idle: number;
}

/** Everything about one account that is needed to decide. */
interface Case {
  readonly account: AccountRows;
  readonly terms: AccountTerms;
  readonly entries: readonly DatedAmount[];
}

/** How what is stored of an account stands to its inputs. */
type Standing =
  /** Its latest stored day follows from them. `hasOwn`: the date itself is stored. */
  | { readonly kind: 'stored'; readonly stored: InterestDay; readonly day: number; readonly hasOwn: boolean }
  /** It ended before the latest date, and all of it follows from them. */
  | { readonly kind: 'ended'; readonly hasOwn: boolean }
  /** Nothing is stored, and nothing was due. */
  | { readonly kind: 'fresh' }
  /** Something stored does not follow from them, or is missing. */
  | { readonly kind: 'changed' };

export class AccountDecider {
  readonly #database: Database;
  readonly #date: string;
  readonly #day: number;
  readonly #shared: SharedInterest;
  /** The latest other date that has begun; the last day that anything is known or due of. */
  readonly #latest: string | undefined;
  readonly #horizon: number;

  constructor(database: Database, date: string, shared: SharedInterest) {
    this.#database = database;
    this.#date = date;
    this.#day = serialOfText(date);
    this.#shared = shared;
    this.#latest = shared.begun.filter((one) => one.date !== date).at(-1)?.date;
    this.#horizon = Math.max(this.#day, this.#latest === undefined ? this.#day : serialOfText(this.#latest));
  }

  async decide(chunk: AccountChunk): Promise<Decided> {
    const decided: Decided = {
      days: [],
      obsolete: [],
      postings: [],
      ended: new Map(),
      skipped: [],
      accrued: 0,
      idle: 0,
    };
    const { accounts } = chunk;
    if (accounts.length === 0) return decided;
    const { knex } = this.#database;
    const range: IdRange = { from: accounts[0].id, to: accounts[accounts.length - 1].id };
    const wasBegun = this.#shared.begun.some(({ date }) => date === this.#date);
    const own = wasBegun ? await readDaysOfRange(knex, this.#date, range) : new Map<bigint, InterestDay>();
    const latest = this.#latest === undefined ? undefined : await readDaysOfRange(knex, this.#latest, range);
    const ended = await readEnded(knex, range);
    const again: Case[] = [];
    for (const account of accounts) {
      try {
        const one = this.#caseOf(account, chunk);
        const isLive = isLiveOn(one.terms, this.#day);
        const [ownDay, latestDay] = [own.get(account.id), latest?.get(account.id)];
        const standing = this.#standingOf(one, chunk, ownDay, latestDay, ended.get(account.id));
        if (standing.kind === 'changed') again.push(one);
        else this.#goOn(one, chunk, standing, decided);
        if (isLive) decided.accrued++;
        else decided.idle++;
        const { closedOn } = one.terms;
        if (closedOn !== null && closedOn <= this.#horizon) {
          const digest = this.#endDigest(one, chunk, closedOn);
          if (ended.get(account.id) !== digest) decided.ended.set(account.id, digest);
        } else if (ended.has(account.id)) decided.ended.set(account.id, null);
      } catch (error) {
        if (!(error instanceof UnsoundAccount)) throw error;
        decided.skipped.push(setAside(account, error.message));
      }
    }
    if (again.length > 0) await this.#computeAgain(again, chunk, decided);
    return decided;
  }

  #caseOf(account: AccountRows, { entries }: AccountChunk): Case {
    const product = this.#shared.products.get(account.product);
    if (product === undefined) throw new UnsoundAccount(`there is no product ${JSON.stringify(account.product)}`);
    if (account.id < 0n) throw new UnsoundAccount('ids of accounts are 0 or more');
    const terms = {
      openedOn: serialOfText(account.openedOn),
      closedOn: account.closedOn === null ? null : serialOfText(account.closedOn),
      product,
    };
    if (terms.closedOn !== null && terms.closedOn < terms.openedOn) {
      throw new UnsoundAccount(`closed_on ${account.closedOn} is before opened_on ${account.openedOn}`);
    }
    const amounts: DatedAmount[] = [];
    const [dates, values] = [entries.doubles(entryColumns.valueDate), entries.int64(entryColumns.amount).values];
    for (let row = account.from; row < account.to; row++) {
      amounts.push({ valueDate: serialOfPacked(dates[row]), amount: values[row] });
    }
    return { account, terms, entries: amounts };
  }

  #standingOf(
    one: Case,
    chunk: AccountChunk,
    own: InterestDay | undefined,
    latest: InterestDay | undefined,
    ended: string | undefined,
  ): Standing {
    const { terms } = one;
    const stored = own !== undefined && (latest === undefined || own.date > latest.date) ? own : latest;
    if (stored !== undefined) {
      const day = serialOfText(stored.date);
      const isSame =
        ended === undefined && isLiveOn(terms, day) && this.#digest(one, chunk, day) === stored.inputDigest;
      return isSame ? { kind: 'stored', stored, day, hasOwn: own !== undefined } : { kind: 'changed' };
    }
    if (ended !== undefined) {
      const isSame = terms.closedOn !== null && this.#endDigest(one, chunk, terms.closedOn) === ended;
      return isSame ? { kind: 'ended', hasOwn: own !== undefined } : { kind: 'changed' };
    }
    const isFresh = this.#latest === undefined || terms.openedOn > serialOfText(this.#latest);
    return { kind: isFresh ? 'fresh' : 'changed' };
  }

  /** Nothing that is stored has changed: the date itself is added, and the ends of periods since. */
  #goOn(one: Case, chunk: AccountChunk, standing: Exclude<Standing, { kind: 'changed' }>, decided: Decided): void {
    const { account, terms, entries } = one;
    if (standing.kind !== 'fresh' && standing.hasOwn) return;
    const isLive = isLiveOn(terms, this.#day);
    const before = standing.kind === 'stored' && standing.day < this.#day ? standing : undefined;
    // Ends of periods up to what is stored have been posted with it.
    const isDue = standing.kind === 'fresh' || before !== undefined;
    if (!isLive && !isDue) return;
    const isSameScale = before?.stored.denominator === denominatorOf(terms.product);
    const known = before !== undefined && isSameScale ? { ...before.stored, date: before.day } : undefined;
    const result = accrue(terms, entries, this.#day, isLive ? [this.#day] : [], known);
    for (const state of result.days) {
      decided.days.push({ day: this.#dayOf(one, chunk, state, result.denominator), stored: undefined });
    }
    if (!isDue) return;
    for (const { periodEnd, amount } of result.capitalisations) {
      if (before !== undefined && periodEnd <= before.day) continue;
      const posted = { amount: 0n, postings: 0 };
      decided.postings.push({ accountId: account.id, periodEnd: textOfSerial(periodEnd), due: amount, posted });
    }
  }

  /** From their openings through the last date that anything is known of; compared with everything that may change. */
  async #computeAgain(cases: readonly Case[], chunk: AccountChunk, decided: Decided): Promise<void> {
    const { knex } = this.#database;
    const closed = await readClosed(knex);
    const dates = new Set(this.#shared.begun.map(({ date }) => date).filter((date) => !closed.has(date)));
    dates.add(this.#date);
    const wanted = [...dates].sort();
    const ids = cases.map(({ account }) => account.id);
    const stored = Map.groupBy(await readDaysOfAccounts(knex, wanted, ids), (day) => day.accountId);
    const posted = await readPostedSums(knex, ids);
    for (const one of cases) {
      const { account, terms, entries } = one;
      const own = new Map((stored.get(account.id) ?? []).map((day) => [day.date, day]));
      let result: ReturnType<typeof accrue>;
      const days: NewDay[] = [];
      try {
        result = accrue(terms, entries, this.#horizon, wanted.map(serialOfText));
        for (const state of result.days) {
          const day = this.#dayOf(one, chunk, state, result.denominator);
          const before = own.get(day.date);
          own.delete(day.date);
          if (before?.inputDigest !== day.inputDigest) days.push({ day, stored: before });
        }
      } catch (error) {
        if (!(error instanceof UnsoundAccount)) throw error;
        decided.ended.delete(account.id);
        if (isLiveOn(terms, this.#day)) decided.accrued--;
        else decided.idle--;
        decided.skipped.push(setAside(account, error.message));
        continue;
      }
      decided.days.push(...days);
      decided.obsolete.push(...own.values());
      const sums = posted.get(account.id) ?? new Map<string, PostedSum>();
      const due = new Map(result.capitalisations.map(({ periodEnd, amount }) => [textOfSerial(periodEnd), amount]));
      for (const periodEnd of new Set([...due.keys(), ...sums.keys()])) {
        decided.postings.push({
          accountId: account.id,
          periodEnd,
          due: due.get(periodEnd) ?? 0n,
          posted: sums.get(periodEnd) ?? { amount: 0n, postings: 0 },
        });
      }
    }
  }

  #dayOf(
    one: Case,
    chunk: AccountChunk,
    state: { readonly date: number; readonly balance: bigint; readonly accrued: bigint; readonly capitalised: bigint },
    denominator: bigint,
  ): NewDay['day'] {
    const { balance, accrued, capitalised } = state;
    if (balance > int64Max || balance < -int64Max)
      throw new UnsoundAccount(`its balance of ${balance} is beyond 63 bits`);
    return {
      date: textOfSerial(state.date),
      accountId: one.account.id,
      balance,
      accrued,
      denominator,
      capitalised,
      inputDigest: this.#digest(one, chunk, state.date),
    };
  }

  /** Through the last day that accrues. */
  #endDigest(one: Case, chunk: AccountChunk, closedOn: number): string {
    return this.#digest(one, chunk, Math.max(one.terms.openedOn, closedOn) - 1);
  }

  #digest({ account, terms, entries }: Case, chunk: AccountChunk, through: number): string {
    let count = entries.length;
    while (count > 0 && entries[count - 1].valueDate > through) count--;
    return inputDigest(terms, chunk.entries, account.from, account.from + count, through);
  }
}

function isLiveOn({ openedOn, closedOn }: AccountTerms, day: number): boolean {
  return openedOn <= day && (closedOn === null || day < closedOn);
}

/** Of a date as packed-time.ts packs it. */
function serialOfPacked(packed: number): number {
  const days = Math.round(packed / 131_072_000);
  return serialOf({ year: Math.floor(days / 512), month: Math.floor(days / 32) % 16, day: days % 32 });
}

function setAside({ id, product, openedOn, closedOn }: AccountRows, problem: string): SkippedRecord {
  const payload = JSON.stringify({ id: id.toString(), product, openedOn, closedOn });
  return { phase: 'process', key: `account ${id}`, payload, error: `account ${id}: ${problem}` };
}
