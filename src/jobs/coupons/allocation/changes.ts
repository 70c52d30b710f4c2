/**
 * What is to become of the requests beside what is stored of them: only the difference is written, and told. So running
 * again changes nothing, and a request that arrives late moves just those it displaces.
 */
import { instantText } from '../../../database/instant.ts';
import type { Notification } from '../../../outbox/post-to-outbox.ts';
import type { HolderSet } from '../rules/holder-set.ts';
import type { RefusalReason } from '../rules/queue.ts';
import type { Issue, Refusal } from './allocation-store.ts';

/** What changes about the issues of one coupon. Those whose place alone changes are written anew, and not told of. */
export interface IssueChanges {
  readonly removedUsers: readonly bigint[];
  readonly added: Iterable<Issue>;
  readonly addedCount: number;
  /** Issues of requests that had none, or had lost theirs. */
  readonly told: Iterable<Issue>;
  readonly toldCount: number;
  /** Issues of requests that have none any more. */
  readonly withdrawn: readonly Issue[];
}

export interface RefusalChanges {
  readonly removed: readonly bigint[];
  readonly added: readonly Refusal[];
}

export function compareIssues(stored: readonly Issue[], holders: HolderSet): IssueChanges {
  if (stored.length === 0) {
    const all: Iterable<Issue> = { [Symbol.iterator]: () => issuesOf(holders) };
    const count = holders.size;
    return { removedUsers: [], added: all, addedCount: count, told: all, toldCount: count, withdrawn: [] };
  }
  const removedUsers: bigint[] = [];
  const withdrawn: Issue[] = [];
  const keptUsers = new Set<bigint>();
  const keptRequests = new Set<bigint>();
  for (const issue of stored) {
    const holder = holders.find(issue.userId);
    const isSameRequest = holder?.requestId === issue.requestId;
    if (isSameRequest) keptRequests.add(issue.requestId);
    else withdrawn.push(issue);
    if (isSameRequest && holder?.place === issue.place) keptUsers.add(issue.userId);
    else removedUsers.push(issue.userId);
  }
  const added = [...issuesOf(holders)].filter(({ userId }) => !keptUsers.has(userId));
  const told = added.filter(({ requestId }) => !keptRequests.has(requestId));
  return { removedUsers, added, addedCount: added.length, told, toldCount: told.length, withdrawn };
}

/** @param decided the reason of each request, undefined for one that got the coupon */
export function compareRefusals(
  decided: Iterable<{
    readonly requestId: bigint;
    readonly userId: bigint;
    readonly reason: RefusalReason | undefined;
  }>,
  storedReason: (requestId: bigint) => RefusalReason | undefined,
): RefusalChanges {
  const removed: bigint[] = [];
  const added: Refusal[] = [];
  for (const { requestId, userId, reason } of decided) {
    const stored = storedReason(requestId);
    if (stored === reason) continue;
    if (stored !== undefined) removed.push(requestId);
    if (reason !== undefined) added.push({ requestId, userId, reason });
  }
  return { removed, added };
}

/** Where the messages of one revision of a coupon come from. */
export interface Telling {
  readonly couponId: bigint;
  readonly revision: number;
}

/** First what is taken back, then what is given, in order of place. */
export function* issueMessages(
  telling: Telling,
  { withdrawn, told }: Pick<IssueChanges, 'withdrawn' | 'told'>,
): Generator<Notification> {
  for (const issue of withdrawn) yield message(telling, 'withdrawn', issue, { place: issue.place.toString() });
  for (const issue of told) yield message(telling, 'issued', issue, { place: issue.place.toString() });
}

export function* refusalMessages(telling: Telling, refusals: Iterable<Refusal>): Generator<Notification> {
  for (const refusal of refusals) yield message(telling, 'refused', refusal, { reason: refusal.reason });
}

function message(
  { couponId, revision }: Telling,
  what: 'issued' | 'refused' | 'withdrawn',
  { userId, requestId }: { readonly userId: bigint; readonly requestId: bigint },
  more: Readonly<Record<string, string>>,
): Notification {
  const payload = {
    couponId: couponId.toString(),
    userId: userId.toString(),
    requestId: requestId.toString(),
    ...more,
    revision,
  };
  return {
    topic: `coupon.${what}`,
    // What becomes of one user's requests is told in its order.
    key: `coupon:${couponId}:user:${userId}`,
    payload: JSON.stringify(payload),
  };
}

function* issuesOf(holders: HolderSet): Generator<Issue> {
  for (const { userId, place, requestId, atMs } of holders.entries()) {
    yield { userId, place, requestId, requestedAt: instantText(atMs) };
  }
}
