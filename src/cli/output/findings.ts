/** What `settle doctor` found, as text: a line for each finding, and what to do below it. Pure. */
import type { NamedFinding } from '../../doctor/examine.ts';
import { visibleLine } from '../../rules/visible-text.ts';

export function findingsText(findings: readonly NamedFinding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const lines = findings.flatMap(({ verdict, check, message, hint }) => {
    const head = `${verdict}  ${check.padEnd(width)}  ${visibleLine(message)}\n`;
    return hint === undefined ? [head] : [head, `${' '.repeat(width + 8)}-> ${visibleLine(hint)}\n`];
  });
  return lines.join('');
}
