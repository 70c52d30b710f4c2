/** Whether a column of a file looks like a slip for a column that the file does not have. */
import { editDistance } from '../../engine/nearest-name.ts';

/** So many letters in common at the start or the end of a longer name are a slip; fewer are chance. */
const PART_LENGTH_MIN = 3;
const SHORT_LENGTH_MAX = 3;
/** What other programs call a row's own id. */
const ID_NAMES: ReadonlySet<string> = new Set(['viewid', 'rowid', 'logid', 'recordid', 'eventid', 'pk', 'no', 'nr']);

/**
 * Both names folded. Near are: the same letters and digits (`ad-views`), few letters more, less or other (`ad_veiws`),
 * and the beginning or the end of a name (`quit` for `quit_at`, `ad_views_count` for `ad_views`). For `id`, which is too
 * short for any of that, what other programs call it.
 */
export function isNearName(name: string, column: string): boolean {
  const a = squeeze(name);
  const b = squeeze(column);
  if (a === '') return false;
  if (a === b) return true;
  if (b === 'id') return ID_NAMES.has(a) || a === 'ids';
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  if (short.length >= PART_LENGTH_MIN && (long.startsWith(short) || long.endsWith(short))) return true;
  const distanceMax = short.length <= SHORT_LENGTH_MAX ? 1 : Math.max(2, Math.floor(b.length / 5));
  return editDistance(a, b) <= distanceMax;
}

function squeeze(name: string): string {
  return name.replace(/[^\p{L}\p{N}]/gu, '');
}
