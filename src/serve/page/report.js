/**
 * The report: the views of a date as one text of HTML, rendered by Node.js. Its links lead to places in itself; it has no
 * script, and no style beside the sheet of the page.
 */
import { renderToString } from 'preact-render-to-string';
import { html } from './lib/preact.js';
import { showOnly } from './parts.js';
import { number, speak, t, time, weekday } from './texts.js';
import { DateBody, loadDate } from './views/date.js';
import { ExplanationBody, loadExplanation } from './views/explanation.js';
import { ChallengeBody, loadChallenge } from './views/money.js';
import { loadOutbox, OutboxBody } from './views/outbox.js';
import { loadRun, RunBody } from './views/run.js';

/** Videos that are explained: the top ones, and those with adjustments. */
const EXPLAINED_MAX = 40;
const SETTLED_MAX = 10_000;

/**
 * @param ask gives the JSON at a path of the API
 * @param options date; language (en or ko); zone; version; now (milliseconds)
 * @returns title, and what stands in the body
 */
export async function renderReport(ask, { date, language, zone, version, now }) {
  speak(language, zone);
  const day = await loadDate(ask, date);
  const paid = await ask(`/settlements?date=${date}&limit=${SETTLED_MAX}`);
  const sections = [[`dates/${date}`, undefined, html`<${DateBody} ...${day} paid=${{ ...paid, next: null }} />`]];
  if (paid.next !== null)
    sections.push([
      'more',
      undefined,
      html`<p>${t('records', { shown: number(paid.rows.length), total: number(paid.videos) })}</p>`,
    ]);
  const runs = new Set([day.line.execution, day.money.execution].filter((id) => id !== null && id !== undefined));
  for (const id of runs)
    sections.push([`runs/${id}`, `${t('id')} ${id}`, html`<${RunBody} ...${await loadRun(ask, id)} />`]);
  for (const [of, video] of explained(date, day)) {
    const value = await loadExplanation(ask, of, video);
    const title = t('explanation', { date: of, video });
    sections.push([`dates/${of}/videos/${video}`, title, html`<${ExplanationBody} value=${value} />`]);
  }
  for (const { challengeId: id } of day.money.pots.first) {
    const value = await loadChallenge(ask, id);
    sections.push([`challenges/${id}`, t('challengeOf', { id }), html`<${ChallengeBody} value=${value} />`]);
  }
  sections.push(['outbox', t('outbox'), html`<${OutboxBody} ...${await loadOutbox(ask)} />`]);
  showOnly(new Set(sections.map(([place]) => place)));
  const title = `${t('reportOf', { date })} ${weekday(date)}`;
  const body = html`<main><h1>${title}</h1><p>${t('madeAt', { at: time(now), version })} · ${t('timesOf', { zone })}</p>
    ${sections.map(([place, heading, content]) => html`<section id="/${place}">${heading && html`<h1>${heading}</h1>`}${content}</section>`)}</main>`;
  return { title, language, body: renderToString(body) };
}

/** Date and video, each once. */
function explained(date, { top, money }) {
  const { booked, corrections } = money.pay;
  const wanted = [
    ...top.map(({ video_id: id }) => [date, id]),
    ...[...booked.first, ...corrections.first].map(({ correctedDate, videoId }) => [correctedDate, videoId]),
  ];
  return [...new Map(wanted.map((one) => [one.join(), one])).values()].slice(0, EXPLAINED_MAX);
}
