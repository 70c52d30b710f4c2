/** The benchmark as one page with charts: no script, no network; light or dark as the reader has it. Pure. */
import { caseCharts } from './case-charts.ts';
import { CHART_STYLE } from './chart.ts';
import { escapeXml } from './escape.ts';
import { COLUMNS, caseRows, figureLines, ratioLines } from './report-parts.ts';
import type { BenchResult, CaseResult } from './result.ts';

const STYLE = `
:root { color-scheme: light dark; --text: #24292f; --back: #ffffff; --line: #d0d7de; --quiet: #57606a; }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --back: #0d1117; --line: #30363d; --quiet: #9198a1; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
h2 { margin-top: 2.5rem; }
.quiet { color: var(--quiet); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
svg { max-width: 100%; height: auto; display: block; margin: 1rem 0; }
`;

export function reportHtml(result: BenchResult): string {
  const { machine, startedAt, settleVersion, notMeasured } = result;
  const about = [`settle ${settleVersion}`, startedAt, ...Object.values(machine)].map(escapeXml).join(' · ');
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>settle bench</title><style>${STYLE}${CHART_STYLE}</style></head><body>`,
    `<h1>settle bench</h1><p class="quiet">${about}</p>`,
    ...result.cases.map(caseHtml),
    ...(notMeasured.length === 0 ? [] : [`<h2>Not measured</h2>${list(notMeasured)}`]),
    '</body></html>',
    '',
  ].join('\n');
}

function caseHtml(one: CaseResult): string {
  const head = `<h2>${escapeXml(one.title)}</h2><p>${escapeXml(one.description)}</p><p class="quiet">${escapeXml(one.conditions)}</p>`;
  if (one.missing !== undefined) return `${head}<p>Not run: ${escapeXml(one.missing)}</p>`;
  const { rows, missing } = caseRows(one);
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeXml(cell)}</${tag}>`).join('')}</tr>`;
  const settings = Object.entries(one.server).map(([name, value]) => `${name} ${value}`);
  return [
    head,
    ...caseCharts(one, { hasStyle: false }).map(({ svg }) => svg),
    `<div class="wide"><table><thead>${line(COLUMNS, 'th')}</thead><tbody>`,
    ...rows.map((cells) => line(cells, 'td')),
    '</tbody></table></div>',
    list([...missing, ...ratioLines(one), ...figureLines(one)]),
    `<p class="quiet">${escapeXml(settings.join(' · '))}</p>`,
  ].join('\n');
}

function list(lines: readonly string[]): string {
  if (lines.length === 0) return '';
  return `<ul>${lines.map((line) => `<li>${escapeXml(line)}</li>`).join('')}</ul>`;
}
