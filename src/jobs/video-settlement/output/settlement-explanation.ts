/** The explanation of a video's settlement, for people. Pure. */

import { formatCount } from '../../../cli/output/format.ts';
import { formatPairs } from '../../../cli/output/table.ts';
import type { ExplainedAdjustment, ExplainedAmount, SettlementExplanation } from '../explain-settlement.ts';
import { reversalText } from './settlement.ts';

export function settlementExplanationText(explanation: SettlementExplanation): string {
  const { date, videoId, creatorId, closedAt, settlement, earlierRevisions, corrections, booked, credits } =
    explanation;
  const pairs: [string, string][] = [
    ['video', `${videoId}, creator ${creatorId ?? 'unknown (suspense account)'}`],
    ['date', `${date}, ${closedAt === null ? 'open' : `closed ${closedAt} UTC`}`],
    ['rule', explanation.rule],
  ];
  if (settlement !== null) {
    const { card, views, ads, revision, execution, inputDigest, total } = settlement;
    pairs.push(
      ['card', `${card.name}, effective from ${card.effectiveFrom} (digest ${card.digest.slice(0, 12)})`],
      ['run', `execution ${execution}, revision ${revision}, input ${inputDigest.slice(0, 12)}`],
      ...amountPairs('views', views),
      ...amountPairs('ad views', ads),
      ['total', `${formatCount(total)} won`],
    );
  }
  for (const old of earlierRevisions) {
    const amounts = `${formatCount(old.viewAmount)} + ${formatCount(old.adAmount)} won`;
    pairs.push(['superseded', `revision ${old.revision} of execution ${old.execution}: ${amounts}`]);
  }
  for (const one of corrections) pairs.push(['corrected', `in ${one.bookedDate}: ${adjustmentText(one)}`]);
  for (const one of booked) pairs.push(['adjustment', `of ${one.correctedDate}: ${adjustmentText(one)}`]);
  pairs.push(['paid in date', `${formatCount(explanation.paidInDate.total)} won`]);
  for (const { journalKey, amount, execution, reversedBy } of credits) {
    pairs.push([
      'credit',
      `${formatCount(amount)} won for all of the creator's videos: ${journalKey}, execution ${execution}`,
    ]);
    if (reversedBy !== null) pairs.push(['reversed', reversalText(reversedBy)]);
  }
  pairs.push(['statistics', explanation.sources.statistics], ['source rows', explanation.sources.views]);
  return formatPairs(pairs);
}

function amountPairs(name: string, amount: ExplainedAmount): [string, string][] {
  const { countBefore, countAfter, priceBefore, priceAfter, wonBefore, wonAfter, tiers } = amount;
  const pairs: [string, string][] = [
    [
      name,
      `${formatCount(countBefore)} before, ${formatCount(countAfter)} after: ` +
        `floor(${priceAfter}) - floor(${priceBefore}) = ${wonAfter} - ${wonBefore} = ${formatCount(amount.amount)} won`,
    ],
  ];
  for (const tier of tiers) {
    pairs.push(['', `${formatCount(tier.units)} at ${tier.price} (tier from ${formatCount(tier.from)}) = ${tier.won}`]);
  }
  return pairs;
}

function adjustmentText(one: ExplainedAdjustment): string {
  const whose = one.creatorId === null ? 'suspense account' : `creator ${one.creatorId}`;
  return (
    `views ${one.viewAmount}, ads ${one.adAmount}, together ${one.total} won for the ${whose}, ` +
    `by execution ${one.execution}, corrects execution ${one.correctedExecution}`
  );
}
