/** Rows before and after a purge, and the largest tables, as text. Pure. */
import type { TableSize } from '../../database/inspect.ts';
import { formatBytes, formatCount } from './format.ts';
import { formatTable } from './table.ts';

export interface PurgedTable {
  readonly table: string;
  readonly before: number;
  readonly after: number;
}

export function purgeText(tables: readonly PurgedTable[], largest: readonly TableSize[], dryRun: boolean): string {
  const right = (header: string) => ({ header, align: 'right' as const });
  const counts = formatTable(
    [{ header: 'table' }, right(dryRun ? 'rows now' : 'rows before'), right(dryRun ? 'rows left' : 'rows after')],
    tables.map(({ table, before, after }) => [table, formatCount(before), formatCount(after)]),
  );
  const sizes = formatTable(
    [{ header: 'largest tables' }, right('rows'), right('size')],
    largest.map(({ table, rows, bytes }) => [table, formatCount(rows), bytes === undefined ? '-' : formatBytes(bytes)]),
  );
  return `\n${counts}\n${sizes}`;
}
