/** Whether this process has found Redis in trouble a moment ago: what else is to be published waits, and is not told again. */

const QUIET_MS = 60_000;
let sinceMs = Number.NEGATIVE_INFINITY;

/** Returns the reason, for people. */
export function noteTrouble(error: unknown): string {
  sinceMs = performance.now();
  const text = error instanceof Error ? error.message || error.name : String(error);
  const line = text.replace(/\s+/g, ' ').trim();
  return line.endsWith('.') ? line.slice(0, -1) : line;
}

/** Redis has taken something again. */
export function endTrouble(): void {
  sinceMs = Number.NEGATIVE_INFINITY;
}

export function isInTrouble(): boolean {
  return performance.now() - sinceMs < QUIET_MS;
}
