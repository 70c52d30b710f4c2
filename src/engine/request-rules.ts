/** The rules of who may take a run that was left to workers, without I/O. */
import type { RunRequest } from '../repository/request.ts';
import type { BatchStatus } from '../repository/types.ts';
import { isRunning } from '../repository/types.ts';

/** The execution that works on a request, or did last. */
export interface RequestedExecution {
  readonly status: BatchStatus;
  /** Its owner cannot be at work any more. */
  readonly isOwnerDead: boolean;
  /** Its lease is over, or there is none. */
  readonly isLeaseOver: boolean;
}

/**
 * `take`: any worker may run it. `held`: somebody does, or is about to. `stopped`: its process died after it was asked to
 * stop. `set-aside`: too many processes that ran it have died. `over`: it has ended.
 */
export type RequestTaking = 'take' | 'held' | 'stopped' | 'set-aside' | 'over';

/**
 * A process that was started by hand may have somebody who starts it again: until its lease is over that is left to him.
 * @param isOwnerAlive whether the worker that has claimed it is there
 */
export function requestTakingOf(
  request: Pick<RunRequest, 'state' | 'takes' | 'isDetached'>,
  isOwnerAlive: boolean,
  execution: RequestedExecution | undefined,
  takesMax: number,
): RequestTaking {
  if (request.state === 'ENDED') return 'over';
  if (execution !== undefined && isRunning(execution.status)) {
    if (!execution.isOwnerDead || (!request.isDetached && !execution.isLeaseOver)) return 'held';
    if (execution.status === 'STOPPING') return 'stopped';
  }
  if (isOwnerAlive) return 'held';
  return request.takes >= takesMax ? 'set-aside' : 'take';
}
