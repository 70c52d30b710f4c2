/** Privileges that tables need, by what happens to their rows. */
import type { Privilege } from '../database/inspect.ts';

export const READ: readonly Privilege[] = ['SELECT'];
/** Append-only: who runs settle every night can add to it, and change nothing of it. */
export const APPEND: readonly Privilege[] = ['SELECT', 'INSERT'];
export const APPEND_AND_UPDATE: readonly Privilege[] = ['SELECT', 'INSERT', 'UPDATE'];
export const APPEND_AND_DELETE: readonly Privilege[] = ['SELECT', 'INSERT', 'DELETE'];
export const UPDATE: readonly Privilege[] = ['SELECT', 'UPDATE'];
export const ALL: readonly Privilege[] = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];
