/**
 * A recording of a terminal as an SVG that moves by CSS alone, so that it moves where a page shows it as an image. A line
 * that stays the same over many frames is one element with the times at which it is seen. Readers who asked for less
 * motion see the last frame.
 */
import { escapeXml } from '../../src/bench/escape.ts';

/** What the screen showed from a moment on. */
export interface Frame {
  /** Since the start of the recording. */
  readonly atMs: number;
  readonly lines: readonly string[];
}

export interface SvgOptions {
  readonly title: string;
  readonly columns: number;
  readonly rows: number;
  /** The last frame stays for so long before the picture begins again. */
  readonly restMs: number;
}

const FONT_PX = 13;
const CHARACTER_PX = 7.83;
const LINE_PX = 18;
const MARGIN_PX = 14;
const BAR_PX = 30;

interface Span {
  readonly row: number;
  readonly text: string;
  fromMs: number;
  untilMs: number;
}

/** @param frames in order of time; of lines beyond `rows` the last ones are shown, as a terminal scrolls */
export function movingSvg(frames: readonly Frame[], { title, columns, rows, restMs }: SvgOptions): string {
  const endMs = frames[frames.length - 1].atMs + restMs;
  const width = Math.ceil(columns * CHARACTER_PX + 2 * MARGIN_PX);
  const height = rows * LINE_PX + 2 * MARGIN_PX + BAR_PX;
  const spans = spansOf(frames, rows, endMs);
  const percent = (ms: number) => `${((100 * ms) / endMs).toFixed(3)}%`;
  const rules = spans.map(({ fromMs, untilMs }, i) => {
    const hidden = fromMs === 0 ? '' : `0%{visibility:hidden}`;
    const after = untilMs >= endMs ? '' : `${percent(untilMs)},100%{visibility:hidden}`;
    return `@keyframes s${i}{${hidden}${percent(fromMs)}{visibility:visible}${after}}#s${i}{animation-name:s${i}}`;
  });
  const texts = spans.map(({ row, text, untilMs }, i) => {
    const y = BAR_PX + MARGIN_PX + row * LINE_PX + FONT_PX;
    const names = [text.startsWith('$ ') ? 'typed' : '', untilMs >= endMs ? 'last' : ''].filter((name) => name !== '');
    const classes = names.length === 0 ? '' : ` class="${names.join(' ')}"`;
    return `<text id="s${i}"${classes} x="${MARGIN_PX}" y="${y}" xml:space="preserve">${escapeXml(text)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeXml(title)}">
<style>
text{font:${FONT_PX}px ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace;fill:#d8dee9;visibility:hidden;animation:${endMs}ms step-end infinite}
.typed{fill:#8fbcbb;font-weight:600}
@media (prefers-reduced-motion:reduce){text{animation:none}.last{visibility:visible}}
${rules.join('\n')}
</style>
<rect width="${width}" height="${height}" rx="8" fill="#1f2430"/>
<circle cx="18" cy="16" r="5" fill="#bf616a"/><circle cx="36" cy="16" r="5" fill="#ebcb8b"/><circle cx="54" cy="16" r="5" fill="#a3be8c"/>
${texts.join('\n')}
</svg>
`;
}

function spansOf(frames: readonly Frame[], rows: number, endMs: number): Span[] {
  const spans: Span[] = [];
  let open: (Span | undefined)[] = [];
  for (const { atMs, lines } of frames) {
    const shown = lines.slice(-rows);
    const next = Array.from({ length: rows }, (_, row): Span | undefined => {
      const text = shown[row] ?? '';
      const before = open[row];
      if (before?.text === text) return before;
      if (before !== undefined) before.untilMs = atMs;
      return text === '' ? undefined : { row, text, fromMs: atMs, untilMs: endMs };
    });
    spans.push(...next.filter((span) => span !== undefined && !open.includes(span)).map((span) => span!));
    open = next;
  }
  return spans.filter(({ fromMs, untilMs }) => untilMs > fromMs);
}
