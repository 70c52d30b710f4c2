/**
 * Rows done over time, as the steps of a run tell of their progress: a bounded number of points a step, thinned as it
 * goes on, so that a step of a second and one of a day take the same room. For people; no run goes by them.
 */
import type { ProgressEvent } from './progress.ts';

/** Points of a step at most; the newest counts among them. */
export const POINTS_MAX = 120;
/** Between two points at first; doubled each time that half of them are dropped. */
const INTERVAL_MS = 250;

/** Milliseconds since the step began, and rows done by then: over all executions of the instance, as progress counts them. */
export type ProgressPoint = readonly [ms: number, rows: number];

/** Keeps points that are about evenly apart in time. */
export class PointSeries {
  #points: ProgressPoint[] = [];
  #latest: ProgressPoint | undefined;
  #intervalMs = INTERVAL_MS;

  /** Returns whether it is a point of its own, and not only the newest so far. */
  add(ms: number, rows: number): boolean {
    this.#latest = [Math.round(ms), rows];
    const last = this.#points.at(-1);
    if (last !== undefined && ms - last[0] < this.#intervalMs) return false;
    this.#points.push(this.#latest);
    if (this.#points.length >= POINTS_MAX) {
      this.#points = this.#points.filter((_point, at) => at % 2 === 0);
      this.#intervalMs *= 2;
    }
    return true;
  }

  /** In the order of time, the newest last; at most `POINTS_MAX`. */
  all(): ProgressPoint[] {
    const latest = this.#latest;
    if (latest === undefined) return [];
    const isKept = this.#points.at(-1)?.[0] === latest[0];
    return isKept ? [...this.#points.slice(0, -1), latest] : [...this.#points, latest];
  }
}

interface MeasuredStep {
  readonly stepExecutionId: number;
  readonly beganMs: number;
  readonly series: PointSeries;
  /** Rows of earlier executions. */
  rowsAtStart: number;
  /** Rows that this execution has added, by partition; -1: the step itself. */
  readonly added: Map<number, number>;
  /** Rows that a partition had when this execution took it up. */
  readonly before: Map<number, number>;
  isSaved: boolean;
}

const WHOLE_STEP = -1;

/** The steps of one run. Times are milliseconds of a clock that only goes forward. */
export class MeasuredProgress {
  readonly #steps = new Map<string, MeasuredStep>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  begin(step: string, stepExecutionId: number): void {
    const series = new PointSeries();
    const [added, before] = [new Map<number, number>(), new Map<number, number>()];
    this.#steps.set(step, {
      ...{ stepExecutionId, series, added, before },
      ...{ beganMs: this.#now(), rowsAtStart: 0, isSaved: true },
    });
  }

  /** Steps that were not begun here are passed over. */
  note(event: ProgressEvent): void {
    if (event.type === 'job-started') return;
    const step = this.#steps.get(event.step);
    if (step === undefined) return;
    if (event.type === 'step-started') {
      // Also of a plan that replaces another.
      step.rowsAtStart = event.rowsDone;
      step.before.clear();
      step.added.clear();
    } else if (event.type === 'partition-started') {
      // One that is taken up again goes on from where this execution has come to.
      if (!step.before.has(event.partition)) step.before.set(event.partition, event.rowsDone);
    } else if (event.type === 'advanced') {
      const { partition = WHOLE_STEP, rowsDone } = event;
      step.added.set(partition, rowsDone - (step.before.get(partition) ?? 0));
    } else return;
    if (step.series.add(this.#now() - step.beganMs, rowsOf(step))) step.isSaved = false;
  }

  /** What was measured of the step that has just ended, once: undefined when it was too short to say anything. */
  end(step: string, shortestMs: number): ProgressPoint[] | undefined {
    const measured = this.#steps.get(step);
    this.#steps.delete(step);
    const points = measured?.series.all() ?? [];
    return points.length > 1 && points[points.length - 1][0] >= shortestMs ? points : undefined;
  }

  /** Of the steps with a point that has not been asked for yet, all of their points. */
  unsaved(): { readonly stepExecutionId: number; readonly points: ProgressPoint[] }[] {
    const found = [...this.#steps.values()].filter(({ isSaved }) => !isSaved);
    return found.map((step) => {
      step.isSaved = true;
      return { stepExecutionId: step.stepExecutionId, points: step.series.all() };
    });
  }
}

/** A step without partitions counts from its own beginning; the rows of partitions add up. */
function rowsOf({ rowsAtStart, added }: MeasuredStep): number {
  const whole = added.get(WHOLE_STEP);
  if (whole !== undefined) return whole;
  return [...added.values()].reduce((sum, rows) => sum + rows, rowsAtStart);
}
