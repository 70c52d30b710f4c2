/** Ends of the chain that are known from outside, beside the chain as it is. */
import type { Transaction } from '../database/database.ts';
import { toBigInt } from '../database/values.ts';
import { inGroups } from './in-groups.ts';
import type { ChainEnd } from './rules/anchor.ts';
import { chainStart } from './rules/canonical.ts';
import { Violation } from './rules/violation.ts';

/** An end that the chain is known to have had. */
export interface ExpectedEnd extends ChainEnd {
  /** Where it is known from. */
  readonly source: string;
  /** A person typed it, who may have typed another than was meant. Default: a program wrote it down. */
  readonly isTyped?: boolean;
}

/**
 * What an end that is not on the chain says: `kept` and `typed`, that the ledger was made anew or cut short, where the one
 * who typed it typed what was meant; `mistyped`, nothing, as the chain shows what was meant.
 */
export type Contradiction = 'kept' | 'typed' | 'mistyped';

/** A ledger that fits itself, and not the ends that are known of it. */
export class ContradictedEnd extends Violation {
  readonly by: Contradiction;

  constructor(by: Contradiction, place: string, problem: string) {
    super(place, problem);
    this.name = 'ContradictedEnd';
    this.by = by;
  }
}

/**
 * So many digits of two SHA-256 that differ are a slip: of those of two texts, 60 of 64 differ, and nobody makes a text
 * whose hash agrees in 48.
 */
const SLIPS_MAX = 16;

/**
 * Every journal up to an end is the one that it was when its hash is, as the replay has shown that hashes fit contents.
 * @throws ContradictedEnd naming the one that says most, of several the first in the order of the chain
 */
export async function requireOnChain(tx: Transaction, expected: readonly ExpectedEnd[]): Promise<void> {
  const ordered = [...expected].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  const contradicted: ContradictedEnd[] = [];
  for (const group of inGroups(ordered)) {
    const ids = [...new Set(group.map(({ id }) => id.toString()))];
    const rows = await tx('settle_journal').whereIn('id', ids).select('id', 'hash');
    const hashes = new Map<bigint, string>(rows.map((row) => [toBigInt(row.id), String(row.hash)]));
    for (const end of group) {
      const found = end.id === 0n ? chainStart : hashes.get(end.id);
      if (found === end.hash) continue;
      const slip = end.isTyped ? await slipOf(tx, end, found) : undefined;
      if (slip !== undefined) contradicted.push(new ContradictedEnd('mistyped', `journal ${end.id}`, slip));
      else contradicted.push(contradictionOf(end, found));
    }
  }
  for (const by of ['kept', 'typed', 'mistyped'] as const) {
    const first = contradicted.find((one) => one.by === by);
    if (first !== undefined) throw first;
  }
}

function contradictionOf({ id, hash, source, isTyped }: ExpectedEnd, found: string | undefined): ContradictedEnd {
  const now = found === undefined ? 'there is no such journal any more' : `its hash is ${found} now`;
  const problem = `it is not the one of ${source}, hash ${hash}: ${now}; what came before it may differ too`;
  return new ContradictedEnd(isTyped ? 'typed' : 'kept', `journal ${id}`, problem);
}

/** What was meant, where the chain shows it: a journal's hash is made of its id and of all that came before. */
async function slipOf(tx: Transaction, { hash, source }: ExpectedEnd, found: string | undefined) {
  const slips = found === undefined ? SLIPS_MAX + 1 : differing(hash, found);
  if (slips <= SLIPS_MAX) return `${slips} of the 64 digits of ${source} are not those of its hash, which is ${found}`;
  const meant = hash === chainStart ? 0n : (await tx('settle_journal').where({ hash }).first('id'))?.id;
  return meant === undefined ? undefined : `the hash of ${source} is that of journal ${toBigInt(meant)}`;
}

function differing(one: string, other: string): number {
  return [...one].filter((digit, at) => digit !== other[at]).length;
}
