/** Is last night right? What runs, which dates need somebody, and what waits for somebody. */
import { get } from '../api.js';
import { html, useState } from '../lib/preact.js';
import { Cards, Go, Loaded, NOTHING as NOT_BEGUN, runColumns, Status, Table, tone, useLoaded } from '../parts.js';
import { duration, month, number, percent, shortNumber, stateText, t, weekday } from '../texts.js';

const DAY_MS = 86_400_000;
const RUNNING = ['STARTING', 'STARTED', 'STOPPING'];
const NOTHING = ['missing', ...NOT_BEGUN];
/** Jobs beside `daily`, which the states are of. */
const JOBS_SHOWN = 8;

/** Before the first date that was ever settled, or not over yet: nothing is to be done about it. */
const isNobodys = (state, next) => NOTHING.includes(state) && next === undefined;
const iso = (ms) => new Date(ms).toISOString().slice(0, 10);
const firstOf = (date) => `${date.slice(0, 7)}-01`;
const lastOf = (date) => iso(Date.UTC(Number(date.slice(0, 4)), Number(date.slice(5, 7)), 1) - DAY_MS);
const monthBefore = (date) => firstOf(iso(Date.parse(`${firstOf(date)}T00:00:00Z`) - DAY_MS));
const monthAfter = (date) => iso(Date.parse(`${lastOf(date)}T00:00:00Z`) + DAY_MS);

export function Overview({ runs }) {
  const change = runs?.map(({ id, status }) => `${id} ${status}`).join() ?? '';
  const night = useLoaded(async () => ({ ...(await get('/dates')), outbox: await get('/outbox') }), '', change);
  const [shown, setShown] = useState(undefined);
  return html`<h1>${t('overview')}</h1>
    <${Loaded} state=${night}>${({ rows, newestSettled, outbox, to }) => html`
      <${Banner} rows=${rows} newest=${newestSettled} />
      <${Night} rows=${rows} outbox=${outbox} />
      <${Running} runs=${runs ?? []} />
      <${Month} date=${shown ?? firstOf(newestSettled ?? to)} last=${to} change=${change} onShow=${setShown} />
    `}</${Loaded}>
    <h2>${t('newest')}</h2>
    ${runs && html`<${Table} caption=${t('newest')} columns=${runColumns()} rows=${runs.slice(0, 10)} />`}`;
}

/** Of the dates from the first that was ever settled on: those before are nobody's. */
function Banner({ rows, newest }) {
  const first = rows.findIndex(({ state }) => !NOTHING.includes(state));
  if (first === -1) {
    if (newest === null) return html`<p class="banner none">${t('nothing')}</p>`;
    return html`<p class="banner busy" role="status"><a href="#/dates/${newest}">${t('lastSettled', { date: newest })}</a></p>`;
  }
  const known = rows.slice(first);
  const wrong = known.filter(({ state }) => tone(state) === 'bad').reverse();
  const last = known.at(-1);
  if (wrong.length === 0)
    return html`<p class="banner ${tone(last.state)}" role="status">${t('right', { date: last.date, state: stateText(last.state) })}</p>`;
  return html`<div class="banner bad" role="status">${t('wrong', { count: wrong.length })}
    <ul>${wrong.slice(0, 5).map(({ date, state, next }) => html`<li><a href="#/dates/${date}">${date}</a>: ${stateText(state)}${next && html` — <code>${next}</code>`}</li>`)}</ul>
    ${wrong.length > 5 && html`<p>${t('andMore', { count: wrong.length - 5 })}</p>`}</div>`;
}

/** The newest settled date in figures, and what waits. */
function Night({ rows, outbox }) {
  const last = rows.findLast(({ won, read }) => won !== undefined && read !== undefined);
  const change = last?.changePercent;
  return html`<${Cards} items=${[
    ...(last === undefined
      ? []
      : [
          [t('counted'), html`<${Go} to="dates/${last.date}">${number(last.counted)}</${Go}>`, last.date],
          [t('won'), number(last.won), `${change === undefined ? '–' : percent(change / 100)} ${t('changed')}`],
          [
            t('duration'),
            duration(last.durationMs),
            last.execution && html`<${Go} to="runs/${last.execution}">${t('id')} ${last.execution}</${Go}>`,
          ],
          [t('skipped'), number(last.skipped), t('rows')],
        ]),
    [
      t('outbox'),
      html`<${Go} to="outbox">${number(outbox.waiting)}</${Go}>`,
      outbox.dead > 0
        ? html`<span class="tag bad">${t('deadCount', { count: number(outbox.dead) })}</span>`
        : t('noDead'),
    ],
  ]} />`;
}

function Running({ runs }) {
  const now = runs.filter(({ status }) => RUNNING.includes(status));
  const columns = [
    ...runColumns(),
    [
      t('rate'),
      ({ rows, durationMs }) => number(durationMs > 0 ? Math.round((rows / durationMs) * 1_000) : undefined),
      true,
    ],
    [t('owner'), ({ owner }) => html`<${Status} value=${owner?.isAlive ? 'alive' : 'no heartbeat'} />`],
  ];
  return html`<h2>${t('runningNow')}</h2>
    ${now.length === 0 ? html`<p>${t('noRuns')}</p>` : html`<${Table} caption=${t('runningNow')} columns=${columns} rows=${now} />`}`;
}

/** A month of dates: as a calendar, and beside their jobs. */
function Month({ date, last, change, onShow }) {
  const state = useLoaded(() => get(`/dates?from=${date}&to=${lastOf(date)}`), date, change);
  const pages = html`<p class="flow"><button class="quiet" onClick=${() => onShow(monthBefore(date))}>${t('earlier')}</button>
    <b>${month(date)}</b>
    ${monthAfter(date) <= last && html`<button class="quiet" onClick=${() => onShow(monthAfter(date))}>${t('later')}</button>`}</p>`;
  return html`<${Loaded} state=${state}>${({ rows, zone, jobs }) => {
    const others = Object.keys(jobs)
      .filter((job) => job !== 'daily')
      .slice(0, JOBS_SHOWN);
    const lead = (new Date(`${rows[0].date}T00:00:00Z`).getUTCDay() + 6) % 7;
    return html`<h2>${t('dates', { zone })}</h2>${pages}
      <nav aria-label=${t('dates', { zone })} class="grid">
        ${Array.from({ length: lead }, () => html`<span></span>`)}
        ${rows.map(
          ({
            date: day,
            state: of,
            won,
            next,
          }) => html`<a class=${isNobodys(of, next) ? 'none' : tone(of)} href="#/dates/${day}">
            <small>${weekday(day)}</small>${Number(day.slice(8))}<small>${isNobodys(of, next) ? ' ' : stateText(of)}</small>${won !== undefined && html`<small>${shortNumber(won)}</small>`}</a>`,
        )}
      </nav>
      <h2>${t('datesAndJobs')}</h2>
      <${Table} caption=${t('datesAndJobs')} columns=${[
        [t('date'), ({ date: day }) => html`<${Go} to="dates/${day}">${day}</${Go}> ${weekday(day)}`],
        ['daily', ({ state: of }) => html`<${Status} value=${of} />`],
        [t('id'), ({ execution }) => execution && html`<${Go} to="runs/${execution}">${execution}</${Go}>`, true],
        [t('counted'), ({ counted }) => number(counted), true],
        [t('won'), ({ won }) => number(won), true],
        [t('changed'), ({ changePercent }) => (changePercent === undefined ? '–' : percent(changePercent / 100)), true],
        [t('skipped'), ({ skipped }) => number(skipped), true],
        [t('duration'), ({ durationMs }) => duration(durationMs), true],
        ...others.map((job) => [
          job,
          ({ date: day }) => {
            const run = jobs[job][day];
            return (
              run &&
              html`<${Go} to="runs/${run.id}" label="${job} ${day}: ${run.status}"><${Status} value=${run.status} /></${Go}>`
            );
          },
        ]),
      ]} rows=${rows.filter(({ date: day, state: of, next }) => !isNobodys(of, next) || others.some((job) => jobs[job][day])).reverse()} />`;
  }}</${Loaded}>`;
}
