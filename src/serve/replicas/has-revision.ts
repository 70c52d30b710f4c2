/** Whether a replica has what the primary has published of a scope. */
import type { RevisionView } from '../cache/revision-view.ts';
import type { Revisions } from '../cache/revisions.ts';
import type { Scope } from '../cache/scope.ts';
import { within } from '../within.ts';

/** For a look at what it has, while somebody waits for an answer. */
const LOOK_MS_MAX = 200;

/** What it was once seen to have, it keeps. Never rejects. */
export async function hasRevision(replica: Revisions, wanted: RevisionView, scope: Scope): Promise<boolean> {
  if (isAsNew(replica.known, wanted, scope)) return true;
  const seen = await within(LOOK_MS_MAX, replica.current(), 'the replica').catch(() => undefined);
  return isAsNew(seen, wanted, scope);
}

function isAsNew(own: RevisionView | undefined, wanted: RevisionView, scope: Scope): boolean {
  return (
    own !== undefined && own.head.identity === wanted.head.identity && own.revisionOf(scope) >= wanted.revisionOf(scope)
  );
}
