/** The money of a date: counts, amounts, corrections, and why a video is paid what it is paid. */
import { get } from '../api.js';
import { html, useEffect, useState } from '../lib/preact.js';
import { Cards, Loaded, Status, Table, useLoaded } from '../parts.js';
import { duration, number, t } from '../texts.js';
import { Actions } from './actions.js';

const PAGE = 100;
const WEEK_MS = 7 * 86_400_000;
const weekBefore = (date) => new Date(Date.parse(`${date}T00:00:00Z`) - WEEK_MS).toISOString().slice(0, 10);

export function DateView({ date }) {
  const before = weekBefore(date);
  const state = useLoaded(async () => {
    const [dates, beside, top, paid] = await Promise.all([
      get(`/dates?from=${date}&to=${date}`),
      get(`/dates?from=${before}&to=${before}`),
      get(`/statistics?date=${date}&top=10`),
      get(`/settlements?date=${date}&limit=${PAGE}`),
    ]);
    return { line: dates.rows[0], beside: beside.rows[0], top: top.rows, paid };
  }, date);
  return html`<h1>${t('moneyOf', { date })}</h1>
    <${Loaded} state=${state}>${({ line, beside, top, paid }) => html`
      <p><${Status} value=${line.state} /> ${line.execution && html`<a href="#/runs/${line.execution}">${t('id')} ${line.execution}</a>`} ${line.next && html`<code>${line.next}</code>`}</p>
      <p class="flow"><span>${number(line.read)} ${t('rows')}</span> → <span>${number(line.counted)} ${t('counted')}</span> → <span>${number(paid.videos)} ${t('videos')}</span> → <span>${number(paid.total)} ${t('amounts')}</span></p>
      <${Cards} items=${[
        [t('total'), number(line.won)],
        [`${t('before')} (${before})`, number(beside.won)],
        [t('changed'), line.changePercent === undefined ? '–' : `${number(line.changePercent)} %`],
        [t('skipped'), number(line.skipped)],
        [t('zone'), line.zone ?? '–'],
        [t('cards'), line.cards.join(', ') || '–'],
        [t('duration'), duration(line.durationMs)],
      ]} />
      <${Actions} date=${date} />
      <h2>${t('top')}</h2>
      <${Table} caption=${t('top')} columns=${[
        [t('video'), ({ video_id: id }) => html`<a href="#/dates/${date}/videos/${id}">${id}</a>`, true],
        [t('views'), ({ views }) => number(views), true],
      ]} rows=${top} />
      <${Settlement} date=${date} first=${paid} />
    `}</${Loaded}>`;
}

function Settlement({ date, first }) {
  const [{ rows, next }, setPage] = useState(first);
  useEffect(() => setPage(first), [first]);
  const more = async () => {
    const page = await get(`/settlements?date=${date}&limit=${PAGE}&after=${next}`);
    setPage({ rows: [...rows, ...page.rows], next: page.next });
  };
  return html`<h2>${t('amounts')}</h2>
    <${Table} caption=${t('amounts')} columns=${[
      [t('video'), ({ video_id: id }) => id, true],
      [t('viewAmount'), (row) => number(row.view_amount), true],
      [t('adAmount'), (row) => number(row.ad_amount), true],
      [t('total'), (row) => number(row.total), true],
      [
        t('explain'),
        ({ video_id: id }) =>
          html`<a href="#/dates/${date}/videos/${id}" aria-label="${t('explain')} ${id}">${t('explain')}</a>`,
      ],
    ]} rows=${rows} />
    ${next !== null && html`<p><button onClick=${more}>${t('more')}</button></p>`}`;
}

export function Explanation({ date, video }) {
  const state = useLoaded(() => get(`/settlements/${date}/videos/${video}/explanation`), `${date} ${video}`);
  return html`<h1>${t('explanation', { date, video })}</h1>
    <${Loaded} state=${state}>${(value) => html`<pre tabindex="0">${JSON.stringify(value, undefined, 2)}</pre>`}</${Loaded}>`;
}
