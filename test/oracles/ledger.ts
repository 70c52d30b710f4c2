/**
 * The ledger by plain loops over everything: what a list of journals leaves in accounts and lots. Slow, obvious, and
 * sharing nothing with what it judges.
 */
export interface OracleEntry {
  readonly account: { readonly type: string; readonly ownerId: bigint };
  readonly amount: bigint;
  readonly lot?: { readonly expiresAt: string | null; readonly grantedAt?: string };
}

export interface OracleJournal {
  readonly key: string;
  readonly businessDate: string;
  readonly entries: readonly OracleEntry[];
  readonly restoresLotsOf?: readonly string[];
}

interface OracleLot {
  name: string;
  order: number;
  user: bigint;
  amount: bigint;
  remaining: bigint;
  granted: string;
  expires: string | null;
}

interface OracleUse {
  readonly key: string;
  readonly lot: OracleLot;
  left: bigint;
}

export interface OracleLedger {
  /** `type:owner` -> balance. */
  readonly balances: Map<string, bigint>;
  /** `key line` -> amount, remaining, expiry. */
  readonly lots: Map<string, string>;
  readonly refused: string[];
}

/** Plays the journals in order; one that would take a user or an escrow below 0 is refused as a whole. */
export function playLedger(journals: readonly OracleJournal[]): OracleLedger {
  let balances = new Map<string, bigint>();
  let lots: OracleLot[] = [];
  let uses: OracleUse[] = [];
  const refused: string[] = [];
  let order = 0;
  for (const journal of journals) {
    const before = structuredClone({ balances, lots, uses });
    let holds = true;
    journal.entries.forEach(({ account, amount, lot: terms }, i) => {
      const name = `${account.type}:${account.ownerId}`;
      const balance = (balances.get(name) ?? 0n) + amount;
      balances.set(name, balance);
      if ((account.type === 'user' || account.type === 'escrow') && balance < 0n) holds = false;
      if (account.type !== 'user') return;
      if (amount < 0n) {
        for (let point = -amount; point > 0n; point--) {
          const open = lots.filter((lot) => lot.user === account.ownerId && lot.remaining > 0n);
          open.sort(
            (a, b) => compare(a.expires ?? '~', b.expires ?? '~') || compare(a.granted, b.granted) || a.order - b.order,
          );
          if (open.length === 0) break;
          open[0].remaining--;
          uses.push({ key: journal.key, lot: open[0], left: 1n });
        }
        return;
      }
      let left = amount;
      for (const key of journal.restoresLotsOf ?? []) {
        for (const use of uses.filter((one) => one.key === key && one.lot.user === account.ownerId).reverse()) {
          if (left === 0n || use.left === 0n) continue;
          use.left = 0n;
          use.lot.remaining++;
          left--;
        }
      }
      if (left === 0n) return;
      lots.push({
        name: `${journal.key} ${i + 1}`,
        order: order++,
        user: account.ownerId,
        amount: left,
        remaining: left,
        granted: terms?.grantedAt ?? `${journal.businessDate} 00:00:00.000`,
        expires: terms?.expiresAt ?? null,
      });
    });
    if (holds) continue;
    refused.push(journal.key);
    ({ balances, lots, uses } = before);
  }
  const shown = lots.map((lot) => [lot.name, `${lot.amount} ${lot.remaining} ${lot.expires}`] as const);
  return { balances, lots: new Map(shown), refused };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
