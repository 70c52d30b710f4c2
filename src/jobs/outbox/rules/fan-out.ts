/**
 * How a batch goes to every sink of its topic. What one sink has is noted a message, so that the next try asks only those
 * that lack it; a message is delivered when all have it.
 */

import { type Answer, deliver, type Fate } from './deliver.ts';
import type { Message } from './message.ts';

/** One bit a sink: as many as an integer column holds. */
export const SINKS_MAX = 30;

export interface Target {
  readonly name: string;
  /** Must not reject for what a receiver does. */
  readonly send: (messages: readonly Message[]) => Promise<Answer>;
}

export interface Outcome {
  readonly fate: Fate;
  /** Which targets have the message now, by bits: 1 is the first. */
  readonly takenBy: number;
}

export interface Pause {
  readonly ms: number;
  readonly text: string;
}

/** @param takenBy which targets have a message already, by bits */
export async function deliverToEach(
  messages: readonly Message[],
  targets: readonly Target[],
  takenBy: (message: Message) => number,
): Promise<{ outcomes: readonly Outcome[]; pauses: readonly Pause[] }> {
  const pauses: Pause[] = [];
  const fates: Fate[][] = messages.map(() => []);
  for (const [place, { name, send }] of targets.entries()) {
    const lacking = messages.flatMap((message, at) => ((takenBy(message) >> place) & 1 ? [] : [at]));
    const { fates: found, pause } = await deliver(
      lacking.map((at) => messages[at]),
      send,
    );
    if (pause !== undefined) pauses.push(pause);
    for (const row of fates) row.push({ kind: 'sent', text: '' });
    lacking.forEach((at, i) => {
      fates[at][place] = targets.length === 1 ? found[i] : named(name, found[i]);
    });
  }
  const outcomes = fates.map((row) => ({ fate: together(row), takenBy: bitsOf(row) }));
  return { outcomes, pauses };
}

function named(name: string, fate: Fate): Fate {
  return 'text' in fate ? { ...fate, text: `${name}: ${fate.text}` } : fate;
}

function bitsOf(fates: readonly Fate[]): number {
  return fates.reduce((bits, { kind }, place) => (kind === 'sent' ? bits | (1 << place) : bits), 0);
}

/** What is worth another try comes before what is not. */
function together(fates: readonly Fate[]): Fate {
  if (fates.length === 1) return fates[0];
  const failed = fates.filter((fate) => fate.kind === 'failed');
  if (failed.length > 0) {
    const retryAfterMs = Math.max(0, ...failed.map((fate) => fate.retryAfterMs ?? 0));
    return { kind: 'failed', text: textOf(failed), ...(retryAfterMs > 0 ? { retryAfterMs } : {}) };
  }
  const notTried = fates.find(({ kind }) => kind === 'untouched') ?? fates.find(({ kind }) => kind === 'held');
  if (notTried !== undefined) return notTried;
  const never = fates.filter((fate) => fate.kind === 'never');
  return never.length > 0 ? { kind: 'never', text: textOf(never) } : { kind: 'sent', text: textOf(fates) };
}

function textOf(fates: readonly Fate[]): string {
  return fates.flatMap((fate) => ('text' in fate && fate.text !== '' ? [fate.text] : [])).join('; ');
}
