/**
 * Which field of a record holds which column: by the column's own name, or as `--map target=source` says. Names are
 * compared without regard to case and to blanks around them. An optional column that is absent takes its default, so a
 * column that looks like its misspelling is refused: docs/decisions/0020-columns-and-lines.md.
 */
import { usageError } from '../../errors.ts';
import { malformed } from './malformed.ts';
import { isNearName } from './near-name.ts';
import { quoteName } from './quote.ts';

/** Columns of a file that a message names. */
const SHOWN_MAX = 10;

export interface ColumnDefinition {
  /** Lower case. */
  readonly name: string;
  readonly required: boolean;
  /** Whether an empty field, or one that `--null` names, is NULL. */
  readonly nullable?: boolean;
}

/** Target column to source column, as it was written. */
export type ColumnMap = ReadonlyMap<string, string>;

export interface LocatedColumns {
  /** The index of each column in a record; -1 for one that is absent and not required. */
  readonly places: readonly number[];
  /** Columns of the file that nothing is taken from, and that are not ignored. */
  readonly unused: readonly string[];
}

/** Two columns of one name are the same name after this. */
export function foldName(name: string): string {
  return name.normalize('NFC').trim().toLowerCase();
}

/** `viewer_id=user_id,viewed_at=time`. Throws a usage error. */
export function parseColumnMap(text: string, columns: readonly ColumnDefinition[]): ColumnMap {
  const map = new Map<string, string>();
  for (const part of text.split(',')) {
    const [target, source, ...rest] = part.split('=').map((word) => word.trim());
    if (!target || !source || rest.length > 0) {
      throw usageError(`map: ${JSON.stringify(part)} is not target=source`, 'for example viewer_id=user_id');
    }
    const name = foldName(target);
    if (!columns.some((column) => column.name === name)) {
      throw usageError(`map: there is no column ${quoteName(target)}`, `the columns are ${names(columns)}`);
    }
    if (map.has(name)) throw usageError(`map: ${name} is given twice`);
    map.set(name, source);
  }
  return map;
}

/** `note,channel`: columns of the file that are passed over on purpose, folded. Throws a usage error. */
export function parseIgnoredColumns(text: string, columns: readonly ColumnDefinition[]): ReadonlySet<string> {
  const ignored = new Set(text.split(',').map(foldName));
  ignored.delete('');
  const own = columns.find(({ name }) => ignored.has(name));
  if (own !== undefined) throw usageError(`ignore-columns: ${own.name} is a column that is read: it is never ignored`);
  return ignored;
}

/** Throws MALFORMED_INPUT. `ignored` as `parseIgnoredColumns` gives it. */
export function locateColumns(
  header: readonly string[],
  columns: readonly ColumnDefinition[],
  map: ColumnMap,
  ignored: ReadonlySet<string>,
  file: string,
): LocatedColumns {
  const folded = header.map(foldName);
  requireDifferentNames(header, folded, ignored, file);
  const places = columns.map(({ name, required }) => {
    const source = map.get(name) ?? name;
    const index = folded.indexOf(foldName(source));
    if (index >= 0 || (!required && !map.has(name))) return index;
    const found = `it has ${header.slice(0, SHOWN_MAX).map(quoteName).join(', ')}${header.length > SHOWN_MAX ? ', ...' : ''}`;
    throw malformed(file, 1, `no column ${quoteName(source)}; ${found}`, `--map ${name}=COLUMN says which one it is`);
  });
  const unused = header.filter((_, index) => {
    return folded[index] !== '' && !places.includes(index) && !ignored.has(folded[index]);
  });
  requireNoSlip(unused, columns, places, file);
  return { places, unused };
}

function requireDifferentNames(
  header: readonly string[],
  folded: readonly string[],
  ignored: ReadonlySet<string>,
  file: string,
): void {
  const places = new Map<string, number>();
  folded.forEach((name, index) => {
    const first = places.get(name);
    if (first === undefined) places.set(name, index);
    if (first === undefined || name === '' || ignored.has(name)) return;
    const [one, other] = [header[first], header[index]].map(quoteName);
    if (one === other) throw malformed(file, 1, `the column ${one} is there twice`);
    throw malformed(
      file,
      1,
      `the columns ${one} and ${other} have the same name`,
      'case and blanks do not tell names apart: rename one of them',
    );
  });
}

/** What is written for an optional column, and does not have its name, would be lost without a word. */
function requireNoSlip(
  unused: readonly string[],
  columns: readonly ColumnDefinition[],
  places: readonly number[],
  file: string,
): void {
  columns.forEach(({ name }, index) => {
    if (places[index] >= 0) return;
    const near = unused.find((one) => isNearName(foldName(one), name));
    if (near === undefined) return;
    const shown = quoteName(near);
    throw malformed(
      file,
      1,
      `the column ${shown} may be meant for ${name}, which the file does not have`,
      `--map ${name}=${shown} takes it, --ignore-columns ${shown} passes over it`,
    );
  });
}

function names(columns: readonly ColumnDefinition[]): string {
  return columns.map(({ name }) => name).join(', ');
}
