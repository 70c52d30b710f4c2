/** Bounds of what `settle serve` keeps. */

/** A cache that has not answered by then is passed by. */
export const CACHE_LIMIT_MS = 100;
/** An answer is kept for so long at most: where something that notes no revision has changed a table, readers see it by then. */
export const KEEP_MS = 600_000;
/** In the memory of one process, unless --cache-bytes says otherwise. */
export const MEMORY_BYTES = 64 * 2 ** 20;
/** A larger answer goes to no other process. */
export const SHARED_BYTES_MAX = 4 * 2 ** 20;
/** Keys that a service remembers, to remove or rewrite what is kept of them. */
export const QUESTIONS_MAX = 1_000;
/** What was not asked for so long is not rewritten. */
export const ASKED_MS = 600_000;
/** Rewritten at once. */
export const REWRITES_AT_ONCE = 2;
/** Between two looks at what is published, while nobody asks. */
export const LOOK_MS = 1_000;
