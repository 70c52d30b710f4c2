/**
 * The 30 s rule on views in the order of their arrival. What Redis holds of a pair of viewer and video is its last counted
 * view; a view less than a window away from it, by the times of both, is a repeat. Pure.
 */

/** A view as the rule sees it. */
export interface ArrivedView {
  /** Viewer and video, as text. */
  readonly pair: string;
  /** Milliseconds since 1970. */
  readonly viewedAt: number;
  /** Names the batch: what an earlier attempt at the same batch has left in Redis does not make its views repeats. */
  readonly mark: string;
}

/** The last counted view of a pair. */
export interface OnlineWindow {
  readonly viewedAt: number;
  readonly mark: string;
}

export interface Decided {
  /** In the order of the views. */
  readonly isCounted: readonly boolean[];
  /** Windows other than Redis has by now. */
  readonly changed: ReadonlyMap<string, OnlineWindow>;
}

/** The first view of each pair, in the order of the views: those that Redis is asked about. */
export function firstOfPairs(views: readonly ArrivedView[]): ArrivedView[] {
  const seen = new Set<string>();
  return views.filter(({ pair }) => {
    if (seen.has(pair)) return false;
    seen.add(pair);
    return true;
  });
}

/**
 * @param held what Redis held of each pair when its first view was asked about; undefined: nothing, and now that view's window
 */
export function decideOnline(
  views: readonly ArrivedView[],
  held: ReadonlyMap<string, OnlineWindow | undefined>,
  windowMs: number,
): Decided {
  const marks = new Set(views.map(({ mark }) => mark));
  const windows = new Map<string, OnlineWindow>();
  const changed = new Map<string, OnlineWindow>();
  const isCounted = views.map(({ pair, viewedAt, mark }) => {
    const isFirst = !windows.has(pair);
    const before = isFirst ? held.get(pair) : windows.get(pair);
    // Of an earlier attempt at one of these batches, whose views were never acknowledged.
    const isOwn = isFirst && before !== undefined && marks.has(before.mark);
    if (before !== undefined && !isOwn && Math.abs(viewedAt - before.viewedAt) < windowMs) {
      windows.set(pair, before);
      return false;
    }
    // A view of long ago counts, and leaves the window where it is.
    const isLater = before === undefined || isOwn || viewedAt > before.viewedAt;
    const window = isLater ? { viewedAt, mark } : before;
    windows.set(pair, window);
    if (isLater && before !== undefined) changed.set(pair, window);
    return true;
  });
  return { isCounted, changed };
}

/** As it stands in Redis. */
export function windowText({ viewedAt, mark }: OnlineWindow): string {
  return `${viewedAt}:${mark}`;
}

/** Undefined for a text of another program: nobody knows what it says. */
export function parseWindow(text: string): OnlineWindow | undefined {
  const match = /^(-?\d{1,16}):(.{1,64})$/.exec(text);
  return match === null ? undefined : { viewedAt: Number(match[1]), mark: match[2] };
}
