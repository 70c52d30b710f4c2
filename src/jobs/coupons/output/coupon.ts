/** A coupon, who got it, and the explanation for one user, for people and for scripts. Pure. */
import { formatCount } from '../../../cli/output/format.ts';
import { formatPairs, formatTable } from '../../../cli/output/table.ts';
import type { Issue } from '../allocation/allocation-store.ts';
import type { CouponExplanation, CouponView } from '../allocation/read-coupon.ts';

export const couponCsvHeader = 'user_id,place\n';

export function issuesCsv(issues: readonly Issue[]): string {
  return issues.map(({ userId, place }) => `${userId},${place}\n`).join('');
}

export function couponText(coupon: CouponView): string {
  return formatPairs(couponPairs(coupon));
}

export function issuesText(issues: readonly Issue[]): string {
  const columns = [
    { header: 'place', align: 'right' as const },
    { header: 'user_id', align: 'right' as const },
    { header: 'request', align: 'right' as const },
    { header: 'requested_at (UTC)' },
  ];
  return formatTable(
    columns,
    issues.map(({ place, userId, requestId, requestedAt }) => [
      String(place),
      String(userId),
      String(requestId),
      requestedAt,
    ]),
  );
}

export function couponExplanationText(explanation: CouponExplanation): string {
  const { coupon, userId, place, queuePlace, requests, refusal, last } = explanation;
  const pairs = couponPairs(coupon);
  const outcome =
    place !== null ? `has the coupon, place ${place}` : refusal === null ? 'undecided yet' : reasonText(refusal);
  pairs.push(['user', `${userId}: ${outcome}`]);
  if (queuePlace !== null) pairs.push(['queue', `${formatCount(queuePlace)}. of the users who asked within the time`]);
  for (const { requestId, requestedAt, outcome: what, reason } of requests) {
    pairs.push(['request', `${requestId}, ${requestedAt} UTC: ${reason === null ? what : `${what}, ${reason}`}`]);
  }
  if (last !== null) {
    pairs.push([
      'last one',
      `place ${last.place}: user ${last.userId}, request ${last.requestId}, ${last.requestedAt} UTC`,
    ]);
  }
  return formatPairs(pairs);
}

function couponPairs({ id, quota, opensAt, closesAt, allocation }: CouponView): [string, string][] {
  const pairs: [string, string][] = [
    ['coupon', quota === null ? `${id}, which is not there` : `${id}, ${formatCount(quota)} to give away`],
  ];
  if (opensAt !== null) pairs.push(['open', `${opensAt} to ${closesAt} UTC`]);
  if (allocation === null) {
    pairs.push(['allocated', 'not yet: `settle run coupon-allocation --date D` does it']);
    return pairs;
  }
  const { businessDate, execution, isComplete, requests, issued, refused, revision } = allocation;
  const progress = isComplete ? '' : '; not all requests are decided yet';
  pairs.push(['allocated', `for ${businessDate} by execution ${execution}, revision ${revision}${progress}`]);
  const reasons = Object.entries(refused).map(([reason, count]) => `${formatCount(count)} ${reason}`);
  pairs.push(['requests', `${formatCount(requests)}: ${[`${formatCount(issued)} issued`, ...reasons].join(', ')}`]);
  return pairs;
}

function reasonText(reason: string): string {
  const texts: Readonly<Record<string, string>> = {
    'unknown-coupon': 'refused: there is no such coupon',
    undated: 'refused: the request has no time',
    'too-early': 'refused: asked before the coupon opened',
    'too-late': 'refused: asked when the coupon had closed',
    repeat: 'refused: has asked before',
    'sold-out': 'refused: all were given away before',
  };
  return texts[reason] ?? `refused: ${reason}`;
}
