/** Folds progress events into what a display needs: rows done, rate and time left, for steps and partitions. Pure. */
import type { StepProgress } from '../../engine/progress.ts';

/** One bar or one line: a step or a partition that is running. */
export interface Track {
  readonly step: string;
  /** Undefined for the step as a whole. */
  readonly partition: number | undefined;
  /** Undefined when nobody knows. */
  rowsExpected: number | undefined;
  rowsDone: number;
  /** Rows that an earlier run had done: no part of this run's rate. */
  rowsAtStart: number;
  readonly startedAtMs: number;
  /** Of the worker that has the partition; undefined for the run's own threads. */
  readonly host: string | undefined;
}

export class ProgressState {
  /** Steps that are running. */
  readonly steps = new Map<string, Track>();
  /** Partitions that are running, by `step:partition`. */
  readonly partitions = new Map<string, Track>();
  /** Rows that this run's ended partitions of a step have added. */
  readonly #endedRows = new Map<string, number>();

  apply(event: StepProgress, nowMs: number): void {
    const { step } = event;
    switch (event.type) {
      case 'step-started':
        this.steps.set(step, newTrack(step, undefined, event, nowMs));
        this.#endedRows.set(step, 0);
        break;
      case 'partition-started':
        this.partitions.set(key(step, event.partition), newTrack(step, event.partition, event, nowMs));
        break;
      case 'advanced': {
        const track =
          event.partition === undefined ? this.steps.get(step) : this.partitions.get(key(step, event.partition));
        if (track !== undefined) track.rowsDone = event.rowsDone;
        break;
      }
      case 'partition-resized': {
        const track = this.partitions.get(key(step, event.partition));
        if (track !== undefined) track.rowsExpected = event.rowsExpected;
        break;
      }
      case 'partition-ended': {
        const id = key(step, event.partition);
        const ended = this.partitions.get(id);
        if (ended !== undefined) this.#endedRows.set(step, (this.#endedRows.get(step) ?? 0) + rowsOfThisRun(ended));
        this.partitions.delete(id);
        break;
      }
      case 'step-ended':
        this.steps.delete(step);
        break;
    }
    this.#sumPartitions(step);
  }

  /** A partitioned step advances by its partitions only. */
  #sumPartitions(step: string): void {
    const whole = this.steps.get(step);
    if (whole === undefined) return;
    let rows = this.#endedRows.get(step) ?? 0;
    for (const track of this.partitions.values()) if (track.step === step) rows += rowsOfThisRun(track);
    if (rows > 0) whole.rowsDone = whole.rowsAtStart + rows;
  }
}

function rowsOfThisRun(track: Track): number {
  return track.rowsDone - track.rowsAtStart;
}

/** Rows a second of this run so far; 0 when there are none yet. */
export function rateOf(track: Track, nowMs: number): number {
  const elapsedMs = nowMs - track.startedAtMs;
  return elapsedMs <= 0 ? 0 : (rowsOfThisRun(track) * 1_000) / elapsedMs;
}

/** Milliseconds until the expected rows are done at the rate so far; undefined when that cannot be said. */
export function timeLeftMs(track: Track, nowMs: number): number | undefined {
  const rate = rateOf(track, nowMs);
  if (track.rowsExpected === undefined || rate === 0) return undefined;
  return (Math.max(0, track.rowsExpected - track.rowsDone) * 1_000) / rate;
}

function newTrack(
  step: string,
  partition: number | undefined,
  start: { readonly rowsExpected: number | undefined; readonly rowsDone: number; readonly host?: string },
  nowMs: number,
): Track {
  const { rowsExpected, rowsDone, host } = start;
  return { step, partition, rowsExpected, rowsDone, rowsAtStart: rowsDone, startedAtMs: nowMs, host };
}

function key(step: string, partition: number): string {
  return `${step}:${partition}`;
}
