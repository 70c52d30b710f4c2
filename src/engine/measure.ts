/**
 * What the engine tells of its work to whoever counts it in this process: a channel of Node's `diagnostics_channel`, which
 * costs next to nothing where nobody listens. For metrics alone; no run goes by it.
 */
import { channel } from 'node:diagnostics_channel';

export type Measure =
  /** A run, or a worker's work on a step, has begun. */
  | { readonly type: 'begun'; readonly job: string }
  /** A chunk was committed; from the start of its reading on. */
  | { readonly type: 'chunk'; readonly job: string; readonly step: string; readonly seconds: number }
  /** Something that failed is tried again. */
  | { readonly type: 'retried'; readonly job: string }
  /** A run, or a partition of one, whose owner is dead is gone on with here. */
  | { readonly type: 'taken-over'; readonly job: string; readonly what: 'run' | 'partition' }
  /** What this process was at is another's, or nobody's, meanwhile. */
  | { readonly type: 'lost'; readonly job: string; readonly what: 'run' | 'partition' }
  /** A worker has taken a partition. */
  | { readonly type: 'taken'; readonly job: string; readonly step: string }
  /** How a worker's work on a partition ended. */
  | { readonly type: 'ended'; readonly job: string; readonly step: string; readonly outcome: PartitionEnd };

/** `given_back`: after a stop, or because the database was away for too long. `lost`: it is not this worker's any more. */
export const partitionEnds = ['completed', 'failed', 'given_back', 'lost'] as const;
export type PartitionEnd = (typeof partitionEnds)[number];

const measures = channel('settle:measure');

export function tellMeasure(measure: Measure): void {
  if (measures.hasSubscribers) measures.publish(measure);
}

/** Returns what ends it. `listener` throws nothing. */
export function listenToMeasures(listener: (measure: Measure) => void): () => void {
  const subscriber = (message: unknown) => listener(message as Measure);
  measures.subscribe(subscriber);
  return () => {
    measures.unsubscribe(subscriber);
  };
}
