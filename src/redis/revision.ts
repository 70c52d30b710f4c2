/** Keys that fence what others write: who wrote last, and up to where anything was written. */

/** Hash: a field a key, the revision that wrote it. */
export const REVISIONS_KEY = 'settle:revisions';
/** The highest revision of which everything is written: lower than the database knows, and Redis has lost something. */
export const PUBLISHED_KEY = 'settle:published';
