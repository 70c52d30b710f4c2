/**
 * What the last `settle ledger verify` found, kept beside the ledger: jobs that move money do not run on a ledger that
 * is known to be broken. It proves nothing to others: who can change the ledger can change this row.
 */
import type { Database, Executor } from '../database/database.ts';
import { toBigInt } from '../database/values.ts';
import { ExitCode, SettleError } from '../errors.ts';
import type { LedgerVerification } from './verify-ledger.ts';

const TABLE = 'settle_ledger_verification';
/** By what `against_known_ends` holds. */
const AGAINST = [undefined, 'kept', 'typed'] as const;
const PLACE_LENGTH_MAX = 200;
const PROBLEM_LENGTH_MAX = 500;
/** The error of a money job on a ledger that is known to be broken. */
export const LEDGER_BROKEN = 'LEDGER_BROKEN';

export interface StoredVerification {
  /** UTC, by the database's clock. */
  readonly verifiedAt: string;
  readonly isSound: boolean;
  /** Journals that fitted. */
  readonly journals: bigint;
  /**
   * By which ends of the chain the violation was found, if by any: only such ends can show that it is gone. Kept elsewhere by a
   * program, or typed by a person, who may have typed another than was meant.
   */
  readonly against: 'kept' | 'typed' | undefined;
  readonly violation: { readonly place: string; readonly problem: string } | undefined;
}

/** Undefined when the ledger was never verified. */
export async function readLastVerification(executor: Executor): Promise<StoredVerification | undefined> {
  const row = await executor(TABLE).where({ id: 1 }).first();
  if (row === undefined) return undefined;
  const place: unknown = row.misfit_place;
  return {
    verifiedAt: String(row.verified_at),
    isSound: Number(row.is_sound) === 1,
    journals: toBigInt(row.journals),
    against: AGAINST[Number(row.against_known_ends)],
    violation: place === null ? undefined : { place: String(place), problem: String(row.misfit_problem) },
  };
}

/**
 * Notes a result. A rewritten ledger fits itself: what contradicted known ends is not cleared by a verification that
 * knew none; false says that such a sound result was not noted. An end that was mistyped says nothing of the ledger.
 */
export async function noteVerification(
  database: Database,
  found: LedgerVerification,
  { knewEnds }: { readonly knewEnds: boolean },
): Promise<boolean> {
  return await database.transaction(async (tx) => {
    const before = await readLastVerification(tx);
    const { head, violation, contradictsEnds } = found;
    const isCleared = found.sound && knewEnds;
    const standing = before?.isSound === false && !isCleared ? before.against : undefined;
    if (standing !== undefined && found.sound) return false;
    if (contradictsEnds === 'mistyped' || (standing === 'kept' && contradictsEnds === 'typed')) return true;
    // A ledger that was contradicted and does not fit itself is broken, whoever typed what.
    const against = standing === undefined || contradictsEnds === 'typed' ? contradictsEnds : 'kept';
    const row = {
      verified_at: await database.dialect.now(tx),
      is_sound: found.sound ? 1 : 0,
      head_id: head?.id.toString() ?? null,
      head_hash: head?.hash ?? null,
      journals: found.journals.toString(),
      against_known_ends: AGAINST.indexOf(against),
      misfit_place: violation?.place.slice(0, PLACE_LENGTH_MAX) ?? null,
      misfit_problem: violation?.problem.slice(0, PROBLEM_LENGTH_MAX) ?? null,
    };
    await tx(TABLE)
      .insert({ id: 1, ...row })
      .onConflict('id')
      .merge(row);
    return true;
  });
}

/** @throws SettleError LEDGER_BROKEN (exit 20) when the last verification found the ledger broken */
export async function requireNotKnownBroken(executor: Executor): Promise<void> {
  const last = await readLastVerification(executor);
  if (last === undefined || last.isSound) return;
  const known = last.against === 'typed' ? 'not to have the end that --expect gave' : 'to be broken';
  throw new SettleError(
    LEDGER_BROKEN,
    ExitCode.invariantBroken,
    `the ledger is known ${known} since ${last.verifiedAt} UTC (${last.violation?.place}: ${last.violation?.problem}), so no money is moved`,
    { hint: brokenAdvice(last) },
  );
}

/** What is wrong with a ledger by its last verification: a clause. */
export function brokenText({ against }: Pick<StoredVerification, 'against'>): string {
  return against === 'typed' ? 'does not have the end that --expect gave' : 'is broken';
}

/** What to do about a ledger that was found broken. */
export function brokenAdvice({ against }: Pick<StoredVerification, 'against'>): string {
  const forced = '--force-broken-ledger runs nevertheless';
  if (against === 'typed') {
    return `was that end typed as it was kept? If not, \`settle ledger verify --expect ID:HASH\` with the right one clears this, or \`--anchors FILE\`; if so, the ledger was made anew or cut short: restore it from a backup; ${forced}`;
  }
  const verify =
    against === 'kept'
      ? '`settle ledger verify` with `--anchors FILE` or `--expect ID:HASH`'
      : '`settle ledger verify`';
  return `find out who changed it and restore it from a backup; ${verify} clears this when it is sound, and ${forced}`;
}
