/** A run that is going on, as lines of `settle show`. Pure. */
import type { LiveView } from '../live-view.ts';
import { formatDuration } from './format.ts';

/** Name and value of each line; none for a run that has ended. */
export function livePairs(live: LiveView | undefined): [string, string][] {
  if (live === undefined) return [];
  const pairs: [string, string][] = [['owner', ownerText(live)]];
  if (live.step !== undefined) pairs.push(['step', live.step]);
  const { waitsFor, timeLeft } = live;
  if (waitsFor !== undefined) {
    const since = formatDuration(waitsFor.sinceMs);
    pairs.push(['waits', `${since} for ${waitsFor.step} behind execution ${waitsFor.execution}`]);
  }
  if (timeLeft !== undefined) pairs.push(['time left', `about ${formatDuration(timeLeft.ms)}, by ${timeLeft.by}`]);
  return pairs;
}

/** `process 123 on host, last heartbeat 2.0 s ago, lease ends in 28.0 s`. */
export function ownerText(live: LiveView): string {
  if (live.pid === undefined) return live.death ?? 'unknown';
  const heartbeat =
    live.heartbeatAgoMs === undefined ? '' : `, last heartbeat ${formatDuration(Math.max(0, live.heartbeatAgoMs))} ago`;
  const left = live.leaseLeftMs ?? 0;
  const lease = left > 0 ? `, lease ends in ${formatDuration(left)}` : `, lease over for ${formatDuration(-left)}`;
  const state = !live.isAlive ? ' (dead)' : live.isPaused ? ' (paused by a signal)' : '';
  return `process ${live.pid} on ${live.host}${state}${heartbeat}${lease}`;
}
