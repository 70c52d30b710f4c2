/** A challenge, its members, and the explanation of a payout, for people and for scripts. Pure. */

import { formatCount } from '../../../cli/output/format.ts';
import { formatJson } from '../../../cli/output/json.ts';
import { formatPairs, formatTable } from '../../../cli/output/table.ts';
import type { PayoutExplanation } from '../settlement/explain-payout.ts';
import type { ChallengeView, MemberView } from '../settlement/read-challenge.ts';

/** What is known of a challenge but its members. */
export function challengeText(view: ChallengeView): string {
  const { settlement } = view;
  const pairs: [string, string][] = [
    ['challenge', `${view.id}, ${view.status}`],
    ['dates', `${view.startDate} to ${view.endDate}`],
    ['policy', `${view.thresholdPercent} % win, fee ${view.feeBp} bp, without a winner: ${view.noWinnerPolicy}`],
    ['escrow', formatCount(view.escrow)],
  ];
  if (settlement !== null) {
    pairs.push(
      ['settled', `for ${settlement.businessDate} by execution ${settlement.execution}`],
      ['members', `${formatCount(settlement.members)}, of whom ${formatCount(settlement.winners)} won`],
      ['pot', `${formatCount(settlement.pot)}, of which ${formatCount(settlement.forfeited)} forfeited`],
      ['fee', formatCount(settlement.fee)],
      ['house', formatCount(settlement.house)],
      ['refunded', formatCount(settlement.refunded)],
      ['shared', `${formatCount(settlement.distributable)}, ${formatCount(settlement.leftOver)} as extra points`],
    );
  }
  for (const { id, key } of view.journals) pairs.push(['journal', `${id} ${key}`]);
  return formatPairs(pairs);
}

/** Members as a table, with a word on how to see the others. */
export function membersText(challengeId: bigint, members: readonly MemberView[], hasMore: boolean): string {
  const columns = [
    { header: 'member', align: 'right' as const },
    { header: 'user', align: 'right' as const },
    { header: 'stake', align: 'right' as const },
    { header: 'verdict' },
    { header: '%', align: 'right' as const },
    { header: 'floor', align: 'right' as const },
    { header: 'fraction' },
    { header: 'extra', align: 'right' as const },
    { header: 'payout', align: 'right' as const },
  ];
  const table = formatTable(columns, members.map(memberCells));
  if (!hasMore) return table;
  return `${table}... and more: --json prints all, \`settle explain payout --challenge ${challengeId} --user U\` one\n`;
}

/** One JSON object in pieces, so that its members need never be held at once: what comes before them, and after. */
export function challengeJsonFrame(view: ChallengeView): { readonly before: string; readonly after: string } {
  const { journals, ...rest } = view;
  const before = formatJson(rest).replace(/\n}\n$/, ',\n  "members": [');
  const after = formatJson({ journals }).replace(/^{\n/, '\n  ],\n');
  return { before, after };
}

/** A page of members within the frame. */
export function membersJson(members: readonly MemberView[], isFirst: boolean): string {
  const items = formatJson(members)
    .replace(/^\[\n|\n\]\n$/g, '')
    .replace(/^/gm, '  ');
  return `${isFirst ? '' : ','}\n${items}`;
}

function memberCells({ id, userId, stake, outcome }: MemberView): string[] {
  const first = [String(id), String(userId), formatCount(stake)];
  if (outcome === null) return [...first, '-', '', '', '', '', ''];
  const { fraction } = outcome;
  return [
    ...first,
    outcome.verdict,
    String(outcome.percent),
    outcome.floor === null ? '' : formatCount(outcome.floor),
    fraction === null ? '' : `${fraction.numerator}/${fraction.denominator}`,
    outcome.extraPoint === null ? '' : String(outcome.extraPoint),
    formatCount(outcome.payout),
  ];
}

export function payoutExplanationText(explanation: PayoutExplanation): string {
  const { challenge, userId, rule, settlement, members, sources } = explanation;
  const pairs: [string, string][] = [
    ['user', `${userId} in challenge ${challenge.id}, ${challenge.status}`],
    ['dates', `${challenge.startDate} to ${challenge.endDate}`],
    ['rule', rule],
  ];
  if (settlement !== null) {
    const { thresholdPercent, feeBp, noWinnerPolicy, execution, businessDate, zone } = settlement;
    pairs.push(
      ['policy', `${thresholdPercent} % win, fee ${feeBp} bp, without a winner: ${noWinnerPolicy}`],
      ['run', `execution ${execution} for ${businessDate}, ${zone}`],
    );
  }
  for (const { id, joinedAt, stake, outcome, because, journals } of members) {
    pairs.push(['member', `${id}, joined ${joinedAt} UTC with ${formatCount(stake)}`]);
    for (const reason of because) pairs.push(['', reason]);
    if (outcome !== null) pairs.push(['payout', `${formatCount(outcome.payout)} points (${outcome.kind})`]);
    for (const journal of journals) pairs.push(['journal', `${journal.id} ${journal.key}`]);
  }
  pairs.push(['members', sources.members], ['proofs', sources.proofs], ['escrow', sources.entries]);
  return formatPairs(pairs);
}
