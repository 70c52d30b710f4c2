/**
 * How a batch is delivered: whole; and when it is refused, in halves, until the message that is refused stands alone. A
 * message behind one that failed, of the same key, is not sent.
 */
import type { Message } from './message.ts';

/** What a receiver made of the messages that it was sent together. */
export type Answer =
  | {
      readonly kind: 'sent';
      readonly text: string;
      /** Those of the messages that can reach nobody, by id, and why. */
      readonly except?: ReadonlyMap<bigint, string>;
    }
  /** It will never take this: no use in trying again. */
  | { readonly kind: 'never'; readonly text: string }
  /** It got it, and failed. */
  | { readonly kind: 'failed'; readonly text: string; readonly retryAfterMs?: number }
  /** Nobody got anything, or nobody wants anything now: no fault of the messages. */
  | { readonly kind: 'unavailable'; readonly text: string; readonly retryAfterMs: number };

/** What became of one message. `held`: one before it, of its key, was not delivered. `untouched`: nothing was tried. */
export type Fate =
  | Exclude<Answer, { kind: 'unavailable' }>
  | { readonly kind: 'held' }
  | { readonly kind: 'untouched' };

export interface Delivery {
  /** In the order of the messages. */
  readonly fates: readonly Fate[];
  /** Set when the receiver was not available: when to ask again, in milliseconds, and what it was. */
  readonly pause?: { readonly ms: number; readonly text: string };
}

/** @param send must not reject for what a receiver does */
export async function deliver(
  messages: readonly Message[],
  send: (messages: readonly Message[]) => Promise<Answer>,
): Promise<Delivery> {
  const fates: Fate[] = messages.map(() => ({ kind: 'untouched' }));
  const failedKeys = new Set<string>();
  let pause: Delivery['pause'];

  const deliverPart = async (from: number, to: number): Promise<void> => {
    if (pause !== undefined) return;
    const indexes: number[] = [];
    for (let i = from; i < to; i++) {
      if (failedKeys.has(messages[i].key)) fates[i] = { kind: 'held' };
      else indexes.push(i);
    }
    if (indexes.length === 0) return;
    const answer = await send(indexes.map((i) => messages[i]));
    if (answer.kind === 'unavailable') pause = { ms: answer.retryAfterMs, text: answer.text };
    else if (answer.kind === 'sent' || indexes.length === 1) {
      for (const i of indexes) {
        const why = answer.kind === 'sent' ? answer.except?.get(messages[i].id) : undefined;
        fates[i] = why === undefined ? answer : { kind: 'never', text: why };
      }
      if (answer.kind === 'failed') failedKeys.add(messages[indexes[0]].key);
    } else {
      const middle = indexes[Math.ceil(indexes.length / 2)];
      await deliverPart(from, middle);
      await deliverPart(middle, to);
    }
  };
  await deliverPart(0, messages.length);
  return { fates, pause };
}
