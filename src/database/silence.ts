/**
 * A bound for the wait for an answer. A server that vanishes is noticed by TCP itself; but behind a proxy or a load
 * balancer a connection can stay open on this side when the other side is gone, and TCP finds nothing wrong with it.
 */
import type { Socket } from 'node:net';

/** Longer than any single statement takes; `answer-timeout` in the database URL says otherwise. */
export const ANSWER_SECONDS_MAX = 900;

export interface BoundedConnection {
  readonly stream: Socket;
  /** mysql2's own: the command that is waiting for its answer. */
  readonly _command?: object | null;
}

/** From now on a connection on which a statement waits, and no byte moves for so long, is lost (ETIMEDOUT). */
export function boundSilence(connection: BoundedConnection, secondsMax = ANSWER_SECONDS_MAX): void {
  const { stream } = connection;
  const silenceMs = secondsMax * 1000;
  stream.setTimeout(silenceMs, () => {
    // Nothing was asked, or it is we who do not read.
    if (!connection._command || stream.isPaused()) stream.setTimeout(silenceMs);
    else stream.destroy(Object.assign(new Error(`no answer for ${secondsMax} s`), { code: 'ETIMEDOUT' }));
  });
}
