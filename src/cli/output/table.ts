/** Text tables: aligned columns, two spaces apart, numbers to the right. Pure. */
import { visibleLine } from '../../rules/visible-text.ts';

export interface TableColumn {
  readonly header: string;
  readonly align?: 'left' | 'right';
}

/** One line for the headers and one for each row, every line ended by a newline; a line break in a cell is shown as `\\n`. */
export function formatTable(columns: readonly TableColumn[], given: readonly (readonly string[])[]): string {
  const rows = given.map((cells) => cells.map(visibleLine));
  // Not Math.max(...lengths): as many arguments as a date has videos are more than a call can have.
  const widths = columns.map(({ header }, i) => rows.reduce((max, row) => Math.max(max, row[i].length), header.length));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (columns[i].align === 'right' ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join('  ')
      .trimEnd();
  return `${[columns.map((column) => column.header), ...rows].map(line).join('\n')}\n`;
}

/** Names and values in two columns: `name   value`. */
export function formatPairs(pairs: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(0, ...pairs.map(([name]) => name.length));
  return pairs
    .map(([name, value]) => `${name.padEnd(width)}  ${visibleLine(value)}`.trimEnd())
    .join('\n')
    .concat('\n');
}
