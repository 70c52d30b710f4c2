/** Ends of the chain that are known from outside, beside the chain as it is. */
import type { Transaction } from '../database/database.ts';
import { toBigInt } from '../database/values.ts';
import { inGroups } from './in-groups.ts';
import type { ChainEnd } from './rules/anchor.ts';
import { chainStart } from './rules/canonical.ts';
import { Violation } from './rules/violation.ts';

/**
 * Every journal up to an end is the one that it was when its hash is, as the replay has shown that hashes fit contents.
 * @throws Violation naming the first, in the order of the chain, that is not on it
 */
export async function requireOnChain(
  tx: Transaction,
  expected: readonly (ChainEnd & { readonly source: string })[],
): Promise<void> {
  const ordered = [...expected].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
  for (const group of inGroups(ordered)) {
    const ids = [...new Set(group.map(({ id }) => id.toString()))];
    const rows = await tx('settle_journal').whereIn('id', ids).select('id', 'hash');
    const hashes = new Map<bigint, string>(rows.map((row) => [toBigInt(row.id), String(row.hash)]));
    for (const { id, hash, source } of group) {
      const found = id === 0n ? chainStart : hashes.get(id);
      if (found === hash) continue;
      const now = found === undefined ? 'there is no such journal any more' : `its hash is ${found} now`;
      throw new Violation(
        `journal ${id}`,
        `it is not the one of ${source}, hash ${hash}: ${now}; what came before it may differ too`,
      );
    }
  }
}
