/** The explanation of a user's balance, for people. Pure. */

import { formatCount } from '../../../cli/output/format.ts';
import { formatPairs, formatTable } from '../../../cli/output/table.ts';
import type { BalanceExplanation } from '../../explain-balance.ts';

export function balanceExplanationText(explanation: BalanceExplanation): string {
  const { userId, balance, rule, agrees, entriesSum, lotsSum, kinds, lots, sources } = explanation;
  const check = agrees ? 'equal' : 'DIFFERENT: run settle ledger verify';
  let text = formatPairs([
    ['user', String(userId)],
    ['balance', balance === null ? 'none: the ledger knows no such user' : `${formatCount(balance)} points`],
    ['check', `entries ${formatCount(entriesSum)}, lots ${formatCount(lotsSum)}: ${check}`],
    ['rule', rule],
  ]);
  if (kinds.length > 0) {
    const columns = [
      { header: 'kind' },
      { header: 'entries', align: 'right' as const },
      { header: 'points', align: 'right' as const },
    ];
    const rows = kinds.map(({ kind, entries, amount }) => [kind, formatCount(entries), formatCount(amount)]);
    text += `\n${formatTable(columns, rows)}`;
  }
  if (lots.length > 0) {
    const columns = [
      { header: 'lot' },
      { header: 'left', align: 'right' as const },
      { header: 'of', align: 'right' as const },
      { header: 'granted (UTC)' },
      { header: 'expires (UTC)' },
      { header: 'journal' },
    ];
    const rows = lots.map((lot) => [
      `${lot.journalId}.${lot.lineNo}`,
      formatCount(lot.remaining),
      formatCount(lot.amount),
      lot.grantedAt,
      lot.expiresAt ?? 'never',
      lot.journalKey,
    ]);
    text += `\n${formatTable(columns, rows)}`;
  }
  return `${text}\n${formatPairs([
    ['entries', sources.entries],
    ['lots', sources.lots],
  ])}`;
}
