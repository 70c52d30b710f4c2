/** The money of a date, from its rows to the ledger, each sum with what it is made of, beside the same weekday before. */
import { get } from '../api.js';
import { html, useEffect, useState } from '../lib/preact.js';
import { Cards, Commands, Go, Loaded, Status, Table, useLoaded } from '../parts.js';
import { duration, number, percent, t, weekday } from '../texts.js';
import { Actions } from './actions.js';

const PAGE = 30;
const WEEK_MS = 7 * 86_400_000;
export const weekBefore = (date) => new Date(Date.parse(`${date}T00:00:00Z`) - WEEK_MS).toISOString().slice(0, 10);

export async function loadDate(ask, date) {
  const before = weekBefore(date);
  const [dates, beside, money, moneyBefore, top, paid] = await Promise.all([
    ask(`/dates?from=${date}&to=${date}`),
    ask(`/dates?from=${before}&to=${before}`),
    ask(`/dates/${date}/money`),
    ask(`/dates/${before}/money`),
    ask(`/statistics?date=${date}&top=10`),
    ask(`/settlements?date=${date}&limit=${PAGE}`),
  ]);
  return {
    date,
    line: dates.rows[0],
    beside: beside.rows[0],
    jobs: dates.jobs,
    money,
    before: moneyBefore,
    top: top.rows,
    paid,
  };
}

export function DateView({ date, runs }) {
  const [look, setLook] = useState(0);
  const change = runs?.map(({ id, status }) => `${id} ${status}`).join() ?? '';
  const state = useLoaded(() => loadDate(get, date), date, `${change} ${look}`);
  return html`<h1>${t('moneyOf', { date })} ${weekday(date)}</h1>
    <${Loaded} state=${state}>${(loaded) => html`<${Actions} date=${date} line=${loaded.line} onDone=${() => setLook(look + 1)} /><${DateBody} ...${loaded} />`}</${Loaded}>`;
}

export function DateBody({ date, line, beside, jobs, money, before, top, paid }) {
  const { pay, pots, ledger } = money;
  const out = pay.viewAmount + pay.adAmount + pay.booked.total;
  const others = Object.entries(jobs).filter(([job]) => job !== 'daily');
  return html`
    <p class="flow"><${Status} value=${line.state} /> ${line.execution && html`<${Go} to="runs/${line.execution}">${t('id')} ${line.execution}</${Go}>`}
      ${line.zone} ${line.cards.join(', ')} ${line.revision > 1 && t('revision', { revision: line.revision })} ${duration(line.durationMs)}
      ${others.map(([job, runs]) => html`<span>${job} <${Go} to="runs/${runs[date].id}"><${Status} value=${runs[date].status} /></${Go}></span>`)}</p>
    <${Commands} commands=${line.next ? [line.next] : []} />
    <p class="steps-of-money" role="list">
      <${Stage} name=${t('rows')} value=${number(line.read)} />
      <${Stage} name=${t('counted')} value=${number(line.counted)} />
      <${Stage} name=${t('videos')} value=${number(pay.videos)} />
      <${Stage} name=${t('won')} value=${number(out)} />
      <${Stage} name=${t('creators')} value=${number(pay.credits.creators)} />
    </p>
    <p class="steps-of-money" role="list">
      <${Stage} name=${t('pots')} value=${number(pots.pot)} />
      <${Stage} name=${t('fee')} value=${number(pots.fee)} />
      <${Stage} name=${t('payouts')} value=${number(pots.payouts)} />
      <${Stage} name=${t('refunds')} value=${number(pots.refunds)} />
      <${Stage} name=${t('ledgerSum')} value=${html`<span class="tag ${Number(ledger.sum) === 0 ? 'good' : 'bad'}">${number(ledger.sum)}</span>`} />
    </p>
    <${Beside} rows=${figures(money, line)} before=${figures(before, beside)} date=${weekBefore(date)} />
    <${Tiers} pay=${pay} />
    <${Creators} credits=${pay.credits} />
    <${Adjustments} title=${t('booked')} sum=${pay.booked} />
    <${Adjustments} title=${t('corrections')} sum=${pay.corrections} />
    <${Pots} pots=${pots} />
    <${Ledger} ledger=${ledger} />
    <h2>${t('top')}</h2>
    <${Table} caption=${t('top')} columns=${[
      [t('video'), ({ video_id: id }) => html`<${Go} to="dates/${date}/videos/${id}">${id}</${Go}>`, true],
      [t('views'), ({ views }) => number(views), true],
    ]} rows=${top} />
    <${Settlement} date=${date} first=${paid} />`;
}

const Stage = ({ name, value }) => html`<span role="listitem">${name} <b>${value}</b></span>`;

/** Name, figure, and the view that explains it. */
function figures({ verdicts, execution, pay, pots }, line) {
  const run = execution === null ? undefined : `runs/${execution}`;
  return [
    [t('rows'), verdicts?.read, run],
    ...['counted', 'repeat', 'self', 'invalid'].map((name) => [name, verdicts?.[name], run]),
    [t('videos'), pay.videos],
    [t('viewAmount'), pay.viewAmount],
    [t('adAmount'), pay.adAmount],
    [t('booked'), pay.booked.total],
    [t('won'), line.won],
    [t('toCreators'), pay.credits.amount],
    [t('suspense'), pay.credits.suspense],
    [t('reversed'), pay.credits.reversed],
    [t('challenges'), pots.challenges],
    [t('pots'), pots.pot],
    [t('fee'), pots.fee],
    [t('house'), pots.house],
    [t('payouts'), pots.payouts],
    [t('refunds'), pots.refunds],
  ];
}

function Beside({ rows, before, date }) {
  const change = (now, then) =>
    now === undefined || !Number(then) ? '–' : percent((Number(now) - Number(then)) / Number(then));
  return html`<h2>${t('figures')}</h2><${Table} caption=${t('figures')} columns=${[
    [t('figure'), ([name]) => name],
    [t('value'), ([, value, to]) => (to ? html`<${Go} to=${to}>${number(value)}</${Go}>` : number(value)), true],
    [html`${t('before')} <${Go} to="dates/${date}">${date}</${Go}>`, ([, , , then]) => number(then), true],
    [t('change'), ([, now, , then]) => change(now, then), true],
  ]} rows=${rows.map(([name, value, to], at) => [name, value, to, before[at][1]])} />`;
}

function Tiers({ pay }) {
  if (pay.tiers.length === 0) return null;
  const title = t('tiers');
  return html`<h2>${title}</h2><${Table} caption=${title} columns=${[
    [t('card'), ({ card }) => card],
    [t('kind'), ({ kind }) => t(kind === 'views' ? 'viewAmount' : 'adAmount')],
    [t('tierFrom'), ({ from }) => number(from), true],
    [t('price'), ({ price }) => price, true],
    [t('units'), ({ units }) => number(units), true],
    [t('won'), ({ won }) => won, true],
  ]} rows=${pay.tiers} />
  <p>${t('floors', { won: pay.roundedDown, paid: number(pay.viewAmount + pay.adAmount) })}</p>`;
}

function Creators({ credits }) {
  if (credits.first.length === 0) return null;
  return html`<h2>${t('creators')}</h2><${Table} caption=${t('creators')} columns=${[
    [t('user'), ({ creatorId }) => html`<${Go} to="users/${creatorId}">${creatorId}</${Go}>`, true],
    [t('won'), ({ amount }) => number(amount), true],
  ]} rows=${credits.first} />`;
}

function Adjustments({ title, sum }) {
  if (sum.rows === 0) return null;
  return html`<h2>${title}</h2><${Cards} items=${[
    [t('rows'), number(sum.rows)],
    [t('won'), number(sum.total)],
  ]} /><${Table} caption=${title} columns=${[
    [
      t('video'),
      ({ videoId, correctedDate }) => html`<${Go} to="dates/${correctedDate}/videos/${videoId}">${videoId}</${Go}>`,
      true,
    ],
    [t('corrected'), ({ correctedDate }) => html`<${Go} to="dates/${correctedDate}">${correctedDate}</${Go}>`],
    [t('bookedIn'), ({ bookedDate }) => html`<${Go} to="dates/${bookedDate}">${bookedDate}</${Go}>`],
    [t('won'), ({ total }) => number(total), true],
  ]} rows=${sum.first} />`;
}

function Pots({ pots }) {
  if (pots.challenges === 0) return null;
  const title = t('challenges');
  const isEven = Number(pots.left) === 0;
  return html`<h2>${title}</h2>
    <p><span class="tag ${isEven ? 'good' : 'bad'}">${t('potsEven', { left: number(pots.left) })}</span></p>
    <${Table} caption=${title} columns=${[
      [t('challenge'), ({ challengeId }) => html`<${Go} to="challenges/${challengeId}">${challengeId}</${Go}>`, true],
      [t('status'), ({ status }) => status],
      [t('members'), ({ members }) => number(members), true],
      [t('winners'), ({ winners }) => number(winners), true],
      [t('pot'), ({ pot }) => number(pot), true],
      [t('fee'), ({ fee }) => number(fee), true],
    ]} rows=${pots.first} />`;
}

function Ledger({ ledger: { sum, verification } }) {
  const isZero = Number(sum) === 0;
  return html`<h2>${t('ledger')}</h2><p class="flow"><span class="tag ${isZero ? 'good' : 'bad'}">${t('ledgerSumIs', { sum: number(sum) })}</span>
    ${
      verification === null
        ? html`<code>settle ledger verify</code>`
        : html`<span class="tag ${verification.isSound ? 'good' : 'bad'}">${t(verification.isSound ? 'sound' : 'broken', { journals: number(verification.journals), at: verification.verifiedAt })}</span>`
    }</p>`;
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
      [
        t('video'),
        ({ video_id: id }) => html`<${Go} to="dates/${date}/videos/${id}" label="${t('explain')} ${id}">${id}</${Go}>`,
        true,
      ],
      [t('viewAmount'), (row) => number(row.view_amount), true],
      [t('adAmount'), (row) => number(row.ad_amount), true],
      [t('total'), (row) => number(row.total), true],
    ]} rows=${rows} />
    ${next !== null && html`<p><button onClick=${more}>${t('more')}</button></p>`}`;
}
