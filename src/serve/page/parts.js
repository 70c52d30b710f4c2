/** What several views are made of. */
import { html, useEffect, useState } from './lib/preact.js';
import { duration, number, t } from './texts.js';

const GOOD = ['COMPLETED', 'settled', 'closed'];
const BAD = [
  'FAILED',
  'failed',
  'missing',
  'no heartbeat',
  'stopped',
  'STOPPED',
  'ABANDONED',
  'abandoned',
  'settled before its end',
];

/** The colour of a state: never the only thing that tells it. */
export function tone(state) {
  if (GOOD.includes(state)) return 'good';
  return BAD.includes(state) ? 'bad' : 'busy';
}

export const Status = ({ value }) => html`<span class="tag ${tone(value)}">${value}</span>`;

/** Loads something whenever `key` changes, and again whenever `again` does. */
export function useLoaded(load, key, again = 0) {
  const [state, setState] = useState({});
  useEffect(() => {
    let isCurrent = true;
    load().then(
      (value) => isCurrent && setState({ value }),
      (error) => isCurrent && setState({ error }),
    );
    return () => {
      isCurrent = false;
    };
  }, [key, again]);
  return state;
}

/** What was loaded, or why it was not. */
export function Loaded({ state, children }) {
  if (state.error) return html`<p class="banner bad" role="alert">${state.error.message}</p>`;
  return state.value === undefined ? html`<p aria-busy="true">…</p>` : children(state.value);
}

/** `columns`: header, cell, and whether it is a number. */
export function Table({ caption, columns, rows }) {
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${caption}><table>
    <caption>${caption}</caption>
    <thead><tr>${columns.map(([header, , isNumber]) => html`<th scope="col" class=${isNumber ? 'number' : ''}>${header}</th>`)}</tr></thead>
    <tbody>${rows.map((row) => html`<tr>${columns.map(([, cell, isNumber]) => html`<td class=${isNumber ? 'number' : ''}>${cell(row)}</td>`)}</tr>`)}</tbody>
  </table></div>`;
}

export function Cards({ items }) {
  return html`<div class="cards">${items.map(([name, value]) => html`<div>${name}<b>${value}</b></div>`)}</div>`;
}

/** Spans of time under each other; `from` and `to` are milliseconds of the whole. */
export function Bars({ items, from, to }) {
  const whole = Math.max(1, to - from);
  return html`<div class="bars" role="list">${items.map(
    ({ name, start, end, state, note }) => html`<span role="listitem">${name}</span>
      <span class="track" aria-hidden="true"><i class=${tone(state)} style=${{ left: `${((start - from) / whole) * 100}%`, width: `${((end - start) / whole) * 100}%` }}></i></span>
      <span>${note}</span>`,
  )}</div>`;
}

export const runColumns = () => [
  [t('id'), ({ id }) => html`<a href="#/runs/${id}">${id}</a>`, true],
  [t('job'), ({ job }) => job],
  [t('date'), ({ date }) => (date ? html`<a href="#/dates/${date}">${date}</a>` : '–')],
  [t('status'), ({ status }) => html`<${Status} value=${status} />`],
  [t('started'), ({ startTime }) => startTime?.replace('T', ' ').slice(0, 19) ?? '–'],
  [t('duration'), ({ durationMs }) => duration(durationMs), true],
  [t('rows'), ({ rows }) => number(rows), true],
  [t('skipped'), ({ skipped }) => number(skipped), true],
];
