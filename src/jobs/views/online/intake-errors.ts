/** Why a batch of views is not taken. */
import { ExitCode, SettleError } from '../../../errors.ts';

/** Its key is of another body. */
export const BATCH_KEY_TAKEN = 'BATCH_KEY_TAKEN';
/** As many views wait as may. */
export const VIEWS_WAITING = 'VIEWS_WAITING';

export function keyTaken(key: string): SettleError {
  return new SettleError(BATCH_KEY_TAKEN, ExitCode.usage, `the key ${key} was given to another batch`, {
    hint: 'a batch that is sent again is sent as it was; a new batch has a new key',
  });
}

export function viewsWaiting(views: number): SettleError {
  return new SettleError(VIEWS_WAITING, ExitCode.failed, `${views} views wait to be written`, {
    hint: 'send the batch again, with its key, after the seconds of Retry-After',
  });
}
