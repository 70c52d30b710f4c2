/** What several views are made of. Nothing sets a style attribute: the report forbids them, as it does scripts. */
import { html, useEffect, useState } from './lib/preact.js';
import { duration, number, stateText, t, time } from './texts.js';

const GOOD = ['COMPLETED', 'settled', 'closed', 'sent'];
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
  'dead',
];
export const NOTHING = ['not over', 'STARTING'];

/** The colour of a state: never the only thing that tells it. */
export function tone(state) {
  if (GOOD.includes(state)) return 'good';
  if (NOTHING.includes(state)) return 'none';
  return BAD.includes(state) ? 'bad' : 'busy';
}

export const Status = ({ value }) => html`<span class="tag ${tone(value)}">${stateText(value)}</span>`;

/** Places that the report has; undefined: the page, which has all. */
let placesShown;
export function showOnly(places) {
  placesShown = places;
}

/** A link to another view; what the report does not have is no link in it. */
export function Go({ to, children, label, ...more }) {
  if (placesShown !== undefined && !placesShown.has(to)) return html`<span ...${more}>${children}</span>`;
  return html`<a href="#/${to}" aria-label=${label} ...${more}>${children}</a>`;
}

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
  if (state.error)
    return html`<p class="banner bad" role="alert">${state.error.message}${state.error.status === 401 && html` <a href="#/audit">${t('giveToken')}</a>`}</p>`;
  return state.value === undefined ? html`<p aria-busy="true">…</p>` : children(state.value);
}

/** `columns`: header, cell, and whether it is a number. */
export function Table({ caption, columns, rows }) {
  return html`<div class="scroll" tabindex="0" role="group" aria-label=${caption}><table>
    <caption>${caption}</caption>
    <thead><tr>${columns.map(([header, , isNumber]) => html`<th scope="col" class=${isNumber ? 'number' : ''}>${header}</th>`)}</tr></thead>
    <tbody>${rows.map((row) => html`<tr>${columns.map(([, cell, isNumber]) => html`<td class=${isNumber ? 'number' : ''}>${cell(row)}</td>`)}</tr>`)}</tbody>
  </table></div>`;
}

/** `items`: name, value, and what is said below it. */
export function Cards({ items }) {
  return html`<div class="cards">${items.map(([name, value, note]) => html`<div>${name}<b>${value}</b>${note && html`<small>${note}</small>`}</div>`)}</div>`;
}

/** Commands to go on with. */
export const Commands = ({ commands }) =>
  commands.length > 0 && html`<h2>${t('next')}</h2><pre tabindex="0">${commands.join('\n')}</pre>`;

export const runColumns = () => [
  [t('id'), ({ id }) => html`<${Go} to="runs/${id}">${id}</${Go}>`, true],
  [t('job'), ({ job }) => job],
  [t('date'), ({ date }) => (date ? html`<${Go} to="dates/${date}">${date}</${Go}>` : '–')],
  [t('status'), ({ status }) => html`<${Status} value=${status} />`],
  [t('started'), ({ startTime }) => time(startTime)],
  [t('duration'), ({ durationMs }) => duration(durationMs), true],
  [t('rows'), ({ rows }) => number(rows), true],
  [t('skipped'), ({ skipped }) => number(skipped), true],
];
