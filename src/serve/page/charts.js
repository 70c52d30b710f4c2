/** Drawings: spans of time, ranges of ids, rows over time. Their texts stand beside them, so that they keep their size. */
import { html } from './lib/preact.js';
import { tone } from './parts.js';
import { clock, duration, number, t } from './texts.js';

/** Units across a drawing, which is stretched to its place. */
const WIDE = 1_000;

/** Spans of time under each other; `from` and `to` are milliseconds of the whole. `spans`: start, end, state, title. */
export function Bars({ rows, from, to }) {
  const whole = Math.max(1, to - from);
  const at = (ms) => ((ms - from) / whole) * WIDE;
  return html`<div class="bars" role="list">${rows.map(
    ({ name, spans, note }) => html`<span role="listitem">${name}</span>
      <svg class="track" viewBox="0 0 ${WIDE} 10" preserveAspectRatio="none" aria-hidden="true">${spans.map(
        ({ start, end, state, title, isCut }) =>
          html`<rect class="${tone(state)} ${isCut ? 'cut' : ''}" x=${at(start).toFixed(1)} y="1" width=${Math.max(2, at(end) - at(start)).toFixed(1)} height="8"><title>${title}</title></rect>`,
      )}</svg>
      <span>${note}</span>`,
  )}</div>
  <p class="axis"><span>${clock(new Date(from))}</span><span>${duration(whole)}</span><span>${clock(new Date(to))}</span></p>`;
}

/** Ranges of ids beside each other, each as wide as its ids are many, filled as far as it is done. */
export function Strip({ ranges, label }) {
  const first = ranges.reduce((least, { minId }) => (minId < least ? minId : least), ranges[0].minId);
  const last = ranges.reduce((most, { maxId }) => (maxId > most ? maxId : most), ranges[0].maxId);
  const whole = Number(last - first) + 1;
  const at = (id) => (Number(id - first) / whole) * WIDE;
  return html`<svg class="strip" viewBox="0 0 ${WIDE} 20" preserveAspectRatio="none" role="img" aria-label=${label}>${ranges.map(
    ({ minId, maxId, status, done, title }) => {
      const [x, width] = [at(minId), Math.max(2, at(maxId + 1n) - at(minId) - 1)];
      return html`<g><title>${title}</title><rect class="none" x=${x.toFixed(1)} y="0" width=${width.toFixed(1)} height="20" /><rect class=${tone(status)} x=${x.toFixed(1)} y="0" width=${(width * done).toFixed(1)} height="20" /></g>`;
    },
  )}</svg>
  <p class="axis"><span>${number(String(first))}</span><span>${t('ids')}</span><span>${number(String(last))}</span></p>`;
}

/** Rows a second between the points of a step: `[milliseconds since its start, rows done]`. */
export function Rate({ points, name, startTime }) {
  const spans = points.slice(1).map(([ms, rows], at) => ({
    from: points[at][0],
    to: ms,
    rate: ((rows - points[at][1]) * 1_000) / (ms - points[at][0]),
  }));
  const end = points.at(-1)[0];
  const begin = points[0][0];
  const most = Math.max(1, ...spans.map(({ rate }) => rate));
  const average = ((points.at(-1)[1] - points[0][1]) * 1_000) / Math.max(1, end - begin);
  const x = (ms) => (((ms - begin) / Math.max(1, end - begin)) * WIDE).toFixed(1);
  const y = (rate) => (100 - (rate / most) * 96).toFixed(1);
  const line = spans.map(({ from, to, rate }) => `${x(from)},${y(rate)} ${x(to)},${y(rate)}`).join(' ');
  const said = t('rateOf', { name, most: number(Math.round(most)), average: number(Math.round(average)) });
  const start = Date.parse(startTime);
  return html`<figure><figcaption>${said}</figcaption>
    <svg class="chart" viewBox="0 0 ${WIDE} 100" preserveAspectRatio="none" role="img" aria-label=${said}>
      <polygon points="0,100 ${line} ${WIDE},100" /><polyline points=${line} />
      <line x1="0" x2=${WIDE} y1=${y(average)} y2=${y(average)} />
    </svg>
    <p class="axis"><span>${clock(new Date(start + begin))}</span><span>${duration(end - begin)}</span><span>${clock(new Date(start + end))}</span></p></figure>`;
}

/** Parts of a whole beside each other; `parts`: name, rows. */
export function Shares({ parts, label }) {
  const whole = Math.max(
    1,
    parts.reduce((sum, [, rows]) => sum + rows, 0),
  );
  let at = 0;
  return html`<svg class="strip" viewBox="0 0 ${WIDE} 20" preserveAspectRatio="none" role="img" aria-label=${label}>${parts.map(
    ([name, rows]) => {
      const [x, width] = [at, (rows / whole) * WIDE];
      at += width;
      return html`<rect class="share-${name}" x=${x.toFixed(1)} y="0" width=${width.toFixed(1)} height="20"><title>${name}: ${number(rows)}</title></rect>`;
    },
  )}</svg>`;
}
