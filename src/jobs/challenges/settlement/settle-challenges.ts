/**
 * The money of decided challenges as rows: journals, payout records and notifications, in slices of bounded size, so
 * that a challenge of a million members is written like a thousand small ones.
 */

import type { Database, Transaction } from '../../../database/database.ts';
import { inSmallGroups } from '../../../ledger/in-groups.ts';
import { postEveryJournal } from '../../../ledger/post-journals.ts';
import { postRecords, type RecordRequest } from '../../../ledger/post-records.ts';
import { challengeDigests } from '../../../ledger/record-digests.ts';
import { accountKey } from '../../../ledger/rules/journal.ts';
import { challengeKey } from '../../../ledger/rules/record.ts';
import type { EntryRequest, JournalRequest } from '../../../ledger/types.ts';
import { addToOutbox, type Notification } from '../../../outbox/post-to-outbox.ts';
import type { Decision } from '../rules/decision.ts';
import { judgeMember, type PayoutTerms, type PotTally } from '../rules/payout.ts';
import type { Member } from './member-store.ts';
import { insertPayouts, type PayoutRecord, type SettlementRun } from './payout-store.ts';
import { escrowOf, houseAccount, stakeKey } from './stake.ts';

/** Members that are held as rows at once. */
export const sliceMembers = 10_000;
/** Members of one journal, which has two entries more; well below what the ledger takes. */
const journalMembers = 5_000;

/** A challenge about which all is decided, before anything is written. */
export interface DecidedChallenge {
  readonly challengeId: bigint;
  readonly terms: PayoutTerms;
  readonly tally: PotTally;
  readonly decision: Decision;
  /** All members in join order, read through the executor where they are too many to be held. */
  readonly members: (tx: Transaction) => AsyncIterable<readonly Member[]> | Iterable<readonly Member[]>;
}

/** Writes the money of challenges, one after another; `flush` at the end. */
export class SettlementWriter {
  readonly #database: Database;
  readonly #tx: Transaction;
  readonly #run: SettlementRun;
  readonly #payouts: PayoutRecord[] = [];
  readonly #journals: JournalRequest[] = [];
  /** Challenges of which every row is made, and not yet recorded. */
  readonly #made: bigint[] = [];
  /** What is left in the escrows that something was taken from, by challenge. */
  readonly escrows = new Map<bigint, bigint>();

  constructor(database: Database, tx: Transaction, run: SettlementRun) {
    this.#database = database;
    this.#tx = tx;
    this.#run = run;
  }

  /** @throws LedgerError when the ledger does not hold what the challenge needs. */
  async add(challenge: DecidedChallenge): Promise<void> {
    const refunds = new JournalBuilder(challenge.challengeId, 'refund', this.#run.date);
    const payouts = new JournalBuilder(challenge.challengeId, 'payout', this.#run.date);
    const { division } = challenge.decision;
    if (division !== undefined) payouts.creditHouse(division.fee + division.house);
    for await (const page of challenge.members(this.#tx)) {
      for (const member of page) this.#addMember(challenge, member, refunds, payouts);
      this.#journals.push(...refunds.full(), ...payouts.full());
      if (this.#payouts.length >= sliceMembers) await this.flush();
    }
    this.#journals.push(...refunds.rest(), ...payouts.rest());
    this.#made.push(challenge.challengeId);
    if (this.#payouts.length >= sliceMembers) await this.flush();
  }

  /** Everything that is still held goes to the database; last what takes the locks of the ledger and the outbox. */
  async flush(): Promise<void> {
    const [database, tx] = [this.#database, this.#tx];
    const payouts = this.#payouts.splice(0);
    await insertPayouts(database, tx, this.#run, payouts);
    const journals = this.#journals.splice(0);
    const { holdings } = await postEveryJournal({ database, tx }, journals);
    for (const { entries } of journals) {
      const [{ account }] = entries;
      const left = holdings.get(accountKey(account));
      if (left !== undefined) this.escrows.set(account.ownerId, left);
    }
    await this.#record(this.#made.splice(0));
    await addToOutbox(database, tx, payouts.length, notificationsOf(payouts));
  }

  /** Puts how challenges ended and what members got on the chain. */
  async #record(challengeIds: readonly bigint[]): Promise<void> {
    const [database, tx] = [this.#database, this.#tx];
    const { date, jobExecutionId } = this.#run;
    const records: RecordRequest[] = [];
    for (const ids of inSmallGroups(challengeIds)) {
      const digests = await challengeDigests(tx, ids.map(String));
      for (const id of ids) {
        const key = challengeKey(`${id}`, `${jobExecutionId}`);
        const digest = digests.get(key);
        const reason = `challenge ${id}, execution ${jobExecutionId}`;
        if (digest !== undefined) records.push({ key, businessDate: date, reason, digest });
      }
    }
    await postRecords({ database, tx }, records);
  }

  #addMember(challenge: DecidedChallenge, member: Member, refunds: JournalBuilder, payouts: JournalBuilder): void {
    if (member.isPaid) return;
    const { terms, tally, decision } = challenge;
    const { verdict, percent } = judgeMember(terms, member);
    const outcome = decision.outcomeOf(verdict, member.stake);
    if (outcome === undefined) return;
    const { kind, amount } = outcome.payout;
    let journalKey: string | undefined;
    if (kind === 'refund') journalKey = refunds.credit(member, amount);
    if (kind === 'payout') journalKey = payouts.credit(member, amount);
    const pot = decision.division === undefined ? 0n : tally.pot;
    this.#payouts.push({ member, status: decision.to, outcome, percent, pot, journalKey });
  }
}

/** Gathers what leaves the escrow of a challenge into journals of bounded length. */
class JournalBuilder {
  readonly #challengeId: bigint;
  readonly #kind: 'refund' | 'payout';
  readonly #date: string;
  /** Of the journal that is being filled: it gives it its name, because a member is paid once. */
  #firstMemberId: bigint | undefined;
  /** Its key, once it has a member: one text for all of them. */
  #openKey: string | undefined;
  #credits: EntryRequest[] = [];
  #restores: string[] = [];
  #members = 0;
  #done: JournalRequest[] = [];

  constructor(challengeId: bigint, kind: 'refund' | 'payout', date: string) {
    this.#challengeId = challengeId;
    this.#kind = kind;
    this.#date = date;
  }

  creditHouse(amount: bigint): void {
    if (amount > 0n) this.#credits.push({ account: houseAccount, amount });
  }

  /** The key of the journal that the credit will be in. */
  credit(member: Member, amount: bigint): string {
    if (this.#members === journalMembers) this.#close();
    this.#members++;
    this.#firstMemberId ??= member.id;
    this.#credits.push({ account: { type: 'user', ownerId: member.userId }, amount });
    if (this.#kind === 'refund') this.#restores.push(stakeKey(this.#challengeId, member.id));
    this.#openKey ??= this.#key();
    return this.#openKey;
  }

  /** The journals that nothing more goes into. */
  full(): readonly JournalRequest[] {
    return this.#done.splice(0);
  }

  rest(): readonly JournalRequest[] {
    if (this.#credits.length > 0) this.#close();
    return this.full();
  }

  #close(): void {
    const total = this.#credits.reduce((sum, { amount }) => sum + amount, 0n);
    this.#done.push({
      key: this.#openKey ?? this.#key(),
      kind: `challenge-${this.#kind}`,
      businessDate: this.#date,
      reason: `${this.#kind} of challenge ${this.#challengeId}`,
      entries: [{ account: escrowOf(this.#challengeId), amount: -total }, ...this.#credits],
      ...(this.#restores.length === 0 ? {} : { restoresLotsOf: this.#restores }),
    });
    this.#credits = [];
    this.#restores = [];
    this.#members = 0;
    this.#firstMemberId = undefined;
    this.#openKey = undefined;
  }

  #key(): string {
    return `challenge:${this.#challengeId}:${this.#kind}:${this.#firstMemberId ?? 'house'}`;
  }
}

/** Everyone whose payout is recorded is told. */
function* notificationsOf(records: readonly PayoutRecord[]): Generator<Notification> {
  for (const { member, status, outcome } of records) {
    const { verdict, payout } = outcome;
    yield {
      topic: `challenge.${verdict === 'withdrawn' ? 'withdrawn' : status.toLowerCase()}`,
      key: `challenge:${member.challengeId}:member:${member.id}`,
      // All of it is numbers and words of ours; as text, because ids can be beyond what JSON's readers hold exactly.
      payload:
        `{"challengeId":"${member.challengeId}","memberId":"${member.id}","userId":"${member.userId}",` +
        `"verdict":"${verdict}","stake":"${member.stake}","payout":"${payout.amount}"}`,
    };
  }
}
