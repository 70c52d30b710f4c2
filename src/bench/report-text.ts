/** The benchmark on a terminal: one table a case, its ratios and figures, and what is missing. Pure. */
import { COLUMNS, caseRows, figureLines, machineLine, ratioLines } from './report-parts.ts';
import type { BenchResult, CaseResult } from './result.ts';

export function reportText(result: BenchResult): string {
  const parts = [...result.cases.map(caseText), machineLine(result)];
  if (result.notMeasured.length > 0) parts.push(`Not measured: ${result.notMeasured.join('; ')}`);
  return `${parts.join('\n\n')}\n`;
}

function caseText(one: CaseResult): string {
  const head = `${one.title} (${one.name}): ${one.conditions}`;
  if (one.missing !== undefined) return `${head}\n  not run: ${one.missing}`;
  const { rows, missing } = caseRows(one);
  const table = alignTable([COLUMNS, ...rows]);
  return [head, ...table, ...missing, ...ratioLines(one), ...figureLines(one)].join('\n  ');
}

/** The first column to the left, the others to the right. */
function alignTable(lines: readonly (readonly string[])[]): string[] {
  const widths = lines[0].map((_, i) => Math.max(...lines.map((cells) => cells[i].length)));
  return lines.map((cells) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '),
  );
}
