/**
 * The benchmark as part of a document: tables in Markdown, pictures as SVG files in a folder of the document's name.
 * Where the document has the two marks, only what stands between them is replaced.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type CaseChart, caseCharts } from './case-charts.ts';
import { escapeMarkdown } from './escape.ts';
import { COLUMNS, caseRows, figureLines, machineLine, ratioLines } from './report-parts.ts';
import type { BenchResult, CaseResult } from './result.ts';

export const BEGIN_MARK = '<!-- settle bench: begin -->';
export const END_MARK = '<!-- settle bench: end -->';

interface Picture extends CaseChart {
  readonly file: string;
}

/** Writes the document and its pictures. */
export function writeMarkdown(path: string, result: BenchResult): void {
  const folder = basename(path).replace(/\.md$/, '');
  const { text, pictures } = reportMarkdown(result, folder);
  const before = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  writeFileSync(path, before === undefined ? text : between(before, text));
  if (pictures.length === 0) return;
  mkdirSync(join(dirname(path), folder), { recursive: true });
  for (const { file, svg } of pictures) writeFileSync(join(dirname(path), folder, file), `${svg}\n`);
}

/** The text, and the pictures that it shows out of `folder`. Pure. */
export function reportMarkdown(result: BenchResult, folder: string): { text: string; pictures: readonly Picture[] } {
  const pictures: Picture[] = [];
  const parts = result.cases.map((one, i) => {
    const same = result.cases.slice(0, i).filter(({ name }) => name === one.name).length;
    const stem = same === 0 ? one.name : `${one.name}-${same + 1}`;
    const charts = caseCharts(one).map((chart) => ({ ...chart, file: `${stem}-${chart.name}.svg` }));
    pictures.push(...charts);
    return caseMarkdown(one, charts, folder);
  });
  const notMeasured = result.notMeasured.length === 0 ? [] : [`Not measured: ${result.notMeasured.join('; ')}.`];
  return { text: `${[escapeMarkdown(machineLine(result)), ...parts, ...notMeasured].join('\n\n')}\n`, pictures };
}

/** The document with the text between its marks; without marks, the text stands at its end, marked. Pure. */
export function between(document: string, text: string): string {
  const begin = document.indexOf(BEGIN_MARK);
  const end = document.indexOf(END_MARK);
  const marked = `${BEGIN_MARK}\n\n${text}\n${END_MARK}`;
  if (begin < 0 || end < begin) return `${document.trimEnd()}\n\n${marked}\n`;
  return document.slice(0, begin) + marked + document.slice(end + END_MARK.length);
}

function caseMarkdown(one: CaseResult, charts: readonly Picture[], folder: string): string {
  const head = `### ${one.title}\n\n${one.description}\n\nConditions: ${escapeMarkdown(one.conditions)}.`;
  if (one.missing !== undefined) return `${head}\n\nNot run: ${escapeMarkdown(one.missing)}.`;
  const { rows, missing } = caseRows(one);
  const line = (cells: readonly string[]) => `| ${cells.map(escapeMarkdown).join(' | ')} |`;
  const lines = [...missing, ...ratioLines(one), ...figureLines(one)];
  return [
    head,
    ...charts.map(({ title, file }) => `![${escapeMarkdown(title)}](${folder}/${file})`),
    [line(COLUMNS), `|---|${'---:|'.repeat(COLUMNS.length - 1)}`, ...rows.map(line)].join('\n'),
    ...(lines.length === 0 ? [] : [lines.map((text) => `- ${escapeMarkdown(text)}`).join('\n')]),
    `Settings: ${escapeMarkdown(
      Object.entries(one.server)
        .map(([name, value]) => `${name} ${value}`)
        .join(', '),
    )}.`,
  ].join('\n\n');
}
