/** `/metrics` of a relay, for Prometheus: what this process has delivered since it started. */
import { Counter, collectDefaultMetrics, Gauge, Registry } from '@prometheus-io/client';
import type { ListenAddress } from '../../cli/listen-address.ts';
import { listenForMetrics, type ServedMetrics } from '../../cli/metrics/listen.ts';
import type { LaneCounts } from './lanes/lane.ts';

const OUTCOMES = ['sent', 'failed', 'dead'] as const;

export interface RelayMetrics extends ServedMetrics {
  /** What was delivered, failed and died since the start. */
  count(counts: Readonly<LaneCounts>): void;
  /** Something went wrong that is tried again. */
  problem(): void;
}

/** @throws SettleError (exit 2) for an address that is taken or not of this machine */
export async function serveRelayMetrics(address: ListenAddress): Promise<RelayMetrics> {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const messages = new Counter({
    name: 'settle_relay_messages_total',
    help: 'Messages by what became of a try: sent, failed (and tried again), dead.',
    labelNames: ['outcome'],
    registers,
  });
  const problems = new Counter({
    name: 'settle_relay_problems_total',
    help: 'Times that a receiver, the database or a lease was not available.',
    registers,
  });
  const lastSent = new Gauge({
    name: 'settle_relay_last_sent_timestamp_seconds',
    help: 'When this relay last delivered something, in Unix time; 0: never.',
    registers,
  });
  for (const outcome of OUTCOMES) messages.inc({ outcome }, 0);
  let told: LaneCounts = { sent: 0, failed: 0, dead: 0 };
  return {
    ...(await listenForMetrics(address, () => registry.metrics())),
    count(counts) {
      for (const outcome of OUTCOMES) messages.inc({ outcome }, counts[outcome] - told[outcome]);
      if (counts.sent > told.sent) lastSent.set(Date.now() / 1_000);
      told = { ...counts };
    },
    problem: () => problems.inc(),
  };
}
