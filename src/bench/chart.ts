/**
 * Horizontal bars as SVG: one bar a contender, a thin line from the smallest to the largest value, the number beside
 * it. Colours follow the reader's light or dark setting. Pure; text is escaped.
 */
import { escapeXml } from './escape.ts';
import type { Spread } from './summarise.ts';

export interface Bar {
  readonly label: string;
  readonly role: 'settle' | 'peer' | 'limit';
  readonly spread: Spread;
}

export interface ChartOptions {
  readonly title: string;
  /** Written behind each number. */
  readonly unit: string;
  /** False where the page around it has CHART_STYLE once for all. Default true. */
  readonly hasStyle?: boolean;
}

/** Blue for settle, grey for peers, a hollow bar for limits that nobody can pass. */
export const CHART_STYLE = `
.chart text { font: 13px system-ui, sans-serif; fill: #24292f; }
.chart .title { font-weight: 600; font-size: 14px; }
.chart .settle { fill: #0a66c2; }
.chart .peer { fill: #8c959f; }
.chart .limit { fill: none; stroke: #8c959f; stroke-dasharray: 4 3; }
.chart .span { stroke: #24292f; stroke-width: 1.5; }
@media (prefers-color-scheme: dark) {
  .chart text { fill: #e6edf3; }
  .chart .settle { fill: #58a6ff; }
  .chart .peer { fill: #6e7681; }
  .chart .limit { stroke: #9198a1; }
  .chart .span { stroke: #e6edf3; }
}`;

const WIDTH = 860;
const LABEL_WIDTH = 330;
const VALUE_WIDTH = 110;
const BAR_HEIGHT = 18;
const ROW_HEIGHT = 28;
const TOP = 34;

/** Undefined when there is nothing to draw. Shorter is better in all that is drawn here. */
export function barChart(bars: readonly Bar[], { title, unit, hasStyle = true }: ChartOptions): string | undefined {
  const largest = Math.max(0, ...bars.map(({ spread }) => spread.max));
  if (largest === 0) return undefined;
  const room = WIDTH - LABEL_WIDTH - VALUE_WIDTH;
  const x = (value: number) => LABEL_WIDTH + (value / largest) * room;
  const height = TOP + bars.length * ROW_HEIGHT + 6;
  const rows = bars.map(({ label, role, spread }, i) => {
    const y = TOP + i * ROW_HEIGHT;
    const middle = y + BAR_HEIGHT / 2;
    const { min, median, max } = spread;
    const value = `${median.toFixed(median < 100 ? 2 : 0)} ${unit}`;
    return [
      `<text x="${LABEL_WIDTH - 10}" y="${middle + 4}" text-anchor="end">${escapeXml(label)}</text>`,
      `<rect class="${role}" x="${LABEL_WIDTH}" y="${y}" width="${number(x(median) - LABEL_WIDTH)}" height="${BAR_HEIGHT}"/>`,
      ...(max > min
        ? [`<line class="span" x1="${number(x(min))}" x2="${number(x(max))}" y1="${middle}" y2="${middle}"/>`]
        : []),
      `<text x="${number(x(max) + 8)}" y="${middle + 4}">${escapeXml(value)}</text>`,
    ].join('');
  });
  const style = hasStyle ? `<style>${CHART_STYLE}</style>` : '';
  return [
    `<svg class="chart" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" role="img" aria-label="${escapeXml(title)}">`,
    style,
    `<text class="title" x="0" y="16">${escapeXml(title)}</text>`,
    ...rows,
    '</svg>',
  ]
    .filter(Boolean)
    .join('\n');
}

function number(value: number): string {
  return value.toFixed(1);
}
