/** What a nemesis does to a run on workers, drawn from a seed: pure, so that a seed replays. */
import { randomOf } from '../../oracles/logs.ts';
import type { Direction } from '../fault-proxy.ts';

export type Deed =
  | { readonly what: 'kill'; readonly who: Role }
  /** SIGSTOP, and SIGCONT after so long. */
  | { readonly what: 'pause'; readonly who: Role; readonly ms: number }
  | { readonly what: 'cut'; readonly who: Role; readonly direction: Direction; readonly ms: number }
  | { readonly what: 'reset'; readonly who: Role; readonly ms: number }
  | { readonly what: 'slow'; readonly who: Role; readonly latencyMs: number; readonly ms: number }
  /** A worker goes by SIGTERM, or comes. */
  | { readonly what: 'leave' }
  | { readonly what: 'join' }
  /** A second manager of the same run, beside the first. */
  | { readonly what: 'rival' }
  | { readonly what: 'restart-database'; readonly isKill: boolean; readonly ms: number };

export type Role = 'worker' | 'manager';

export interface TimedDeed {
  /** From the start of the run. */
  readonly atMs: number;
  /** From 0 to below 1: to whom, of those who are there. */
  readonly whom: number;
  readonly deed: Deed;
}

export interface HistoryPlan {
  readonly seed: number;
  readonly workers: number;
  /** Of the run's own process. */
  readonly managerThreads: number;
  readonly deeds: readonly TimedDeed[];
}

/** The time in which deeds are done; a run without any takes about as long. */
const SPAN_MS = 5_000;

/** @param canRestart whether the database may be restarted: it is nobody else's */
export function drawHistory(seed: number, leaseMs: number, canRestart: boolean): HistoryPlan {
  const random = randomOf(seed);
  const between = (from: number, to: number) => Math.round(from + random() * (to - from));
  const oneOf = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)];
  const role = (): Role => (random() < 0.7 ? 'worker' : 'manager');
  // From shorter than a heartbeat to well past the lease.
  const span = () => between(leaseMs / 5, leaseMs * 5);
  const draws: (() => Deed)[] = [
    () => ({ what: 'kill', who: role() }),
    () => ({ what: 'kill', who: role() }),
    () => ({ what: 'pause', who: role(), ms: between(leaseMs * 2, leaseMs * 6) }),
    () => ({ what: 'pause', who: role(), ms: span() }),
    () => ({ what: 'cut', who: role(), direction: oneOf(['up', 'down', 'both']), ms: span() }),
    () => ({ what: 'cut', who: role(), direction: oneOf(['up', 'down', 'both']), ms: span() }),
    () => ({ what: 'reset', who: role(), ms: between(0, leaseMs) }),
    () => ({ what: 'slow', who: role(), latencyMs: between(5, 80), ms: span() }),
    () => ({ what: 'leave' }),
    () => ({ what: 'join' }),
    () => ({ what: 'rival' }),
    ...(canRestart
      ? [(): Deed => ({ what: 'restart-database', isKill: random() < 0.5, ms: between(100, leaseMs) })]
      : []),
  ];
  const workers = between(2, 3);
  const managerThreads = between(0, 1);
  const deeds = Array.from({ length: between(4, 9) }, () => ({
    atMs: between(200, SPAN_MS),
    whom: random(),
    deed: oneOf(draws)(),
  })).sort((a, b) => a.atMs - b.atMs);
  return { seed, workers, managerThreads, deeds };
}
