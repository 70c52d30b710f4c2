/** Which field of a record holds which column: by the column's own name, or as `--map target=source` says. */
import { usageError } from '../../errors.ts';
import { malformed } from './malformed.ts';
import { quoteName } from './quote.ts';

/** Columns of a file that a message names. */
const SHOWN_MAX = 10;

export interface ColumnDefinition {
  readonly name: string;
  readonly required: boolean;
}

/** Target column to source column. */
export type ColumnMap = ReadonlyMap<string, string>;

/** `viewer_id=user_id,viewed_at=time`. Throws a usage error. */
export function parseColumnMap(text: string, columns: readonly ColumnDefinition[]): ColumnMap {
  const map = new Map<string, string>();
  for (const part of text.split(',')) {
    const [target, source, ...rest] = part.split('=').map((word) => word.trim());
    if (!target || !source || rest.length > 0) {
      throw usageError(`map: ${JSON.stringify(part)} is not target=source`, 'for example viewer_id=user_id');
    }
    if (!columns.some(({ name }) => name === target)) {
      throw usageError(`map: there is no column ${target}`, `the columns are ${names(columns)}`);
    }
    if (map.has(target)) throw usageError(`map: ${target} is given twice`);
    map.set(target, source);
  }
  return map;
}

/** The index of each column in a record; -1 for one that is absent and not required. Throws MALFORMED_INPUT. */
export function locateColumns(
  header: readonly string[],
  columns: readonly ColumnDefinition[],
  map: ColumnMap,
  file: string,
): number[] {
  return columns.map(({ name, required }) => {
    const source = map.get(name) ?? name;
    const index = header.indexOf(source);
    if (index >= 0) {
      if (header.indexOf(source, index + 1) >= 0)
        throw malformed(file, 1, `the column ${quoteName(source)} is there twice`);
      return index;
    }
    if (!required && !map.has(name)) return -1;
    const found = `it has ${header.slice(0, SHOWN_MAX).map(quoteName).join(', ')}${header.length > SHOWN_MAX ? ', ...' : ''}`;
    throw malformed(file, 1, `no column ${quoteName(source)}; ${found}`, `--map ${name}=COLUMN says which one it is`);
  });
}

function names(columns: readonly ColumnDefinition[]): string {
  return columns.map(({ name }) => name).join(', ');
}
