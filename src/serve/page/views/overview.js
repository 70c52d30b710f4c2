/** Is last night right? What runs, which dates need somebody. */
import { get } from '../api.js';
import { html, useState } from '../lib/preact.js';
import { Loaded, runColumns, Table, tone, useLoaded } from '../parts.js';
import { number, t } from '../texts.js';

const DAY_MS = 86_400_000;
const back = (date, days) => new Date(Date.parse(`${date}T00:00:00Z`) - days * DAY_MS).toISOString().slice(0, 10);

export function Overview({ runs }) {
  const [to, setTo] = useState(undefined);
  const state = useLoaded(
    () => get(`/dates${to === undefined ? '' : `?to=${to}`}`),
    to ?? '',
    runs?.length && runs[0].status,
  );
  return html`<h1>${t('overview')}</h1>
    <${Loaded} state=${state}>${({ rows, zone, from, to: end, newestSettled }) => html`
      ${to === undefined && html`<${Banner} rows=${rows} newest=${newestSettled} />`}
      <h2>${t('dates', { zone })}</h2>
      <nav aria-label=${t('dates', { zone })} class="grid">
        ${rows.map(
          ({
            date,
            state: of,
            won,
          }) => html`<a class=${NOTHING.includes(of) ? 'none' : tone(of)} href="#/dates/${date}" title="${date}: ${of}">
          ${date.slice(5)}<small>${of}</small>${won !== undefined && html`<small>${number(won)}</small>`}</a>`,
        )}
      </nav>
      <p><button class="quiet" onClick=${() => setTo(back(from, 1))}>${t('earlier')}</button> ${to !== undefined && html`<button class="quiet" onClick=${() => setTo(back(end, -31))}>${t('later')}</button>`}</p>
    `}</${Loaded}>
    <${Running} runs=${runs ?? []} />
    <h2>${t('newest')}</h2>
    ${runs && html`<${Table} caption=${t('newest')} columns=${runColumns()} rows=${runs.slice(0, 10)} />`}`;
}

const NOTHING = ['missing', 'not over'];

/** Of the dates from the first that was ever settled on: those before are nobody's. */
function Banner({ rows, newest }) {
  const first = rows.findIndex(({ state }) => !NOTHING.includes(state));
  if (first === -1) {
    if (newest === null) return html`<p class="banner none">${t('nothing')}</p>`;
    return html`<p class="banner busy" role="status"><a href="#/dates/${newest}">${t('lastSettled', { date: newest })}</a></p>`;
  }
  const known = rows.slice(first);
  const wrong = known.filter(({ state }) => tone(state) === 'bad');
  const last = known.at(-1);
  if (wrong.length === 0)
    return html`<p class="banner ${tone(last.state)}" role="status">${t('right', { date: last.date, state: last.state })}</p>`;
  return html`<div class="banner bad" role="status">${t('wrong', { count: wrong.length })}
    <ul>${wrong.slice(0, 10).map(({ date, state, next }) => html`<li><a href="#/dates/${date}">${date}</a>: ${state}${next && html` — <code>${next}</code>`}</li>`)}</ul></div>`;
}

function Running({ runs }) {
  const now = runs.filter(({ status }) => ['STARTING', 'STARTED', 'STOPPING'].includes(status));
  return html`<h2>${t('runningNow')}</h2>
    ${now.length === 0 ? html`<p>${t('noRuns')}</p>` : html`<${Table} caption=${t('runningNow')} columns=${runColumns()} rows=${now} />`}`;
}
