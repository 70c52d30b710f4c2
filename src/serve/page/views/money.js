/** Points of a user, and challenges: looked up by id, each with why. */
import { get } from '../api.js';
import { html, useEffect, useState } from '../lib/preact.js';
import { Cards, Go, Loaded, Table, useLoaded } from '../parts.js';
import { number, t } from '../texts.js';

export function Money() {
  const go = (kind) => (event) => {
    event.preventDefault();
    const id = new FormData(event.target).get('id');
    if (id !== '') location.hash = `#/${kind}/${id}`;
  };
  const balances = useLoaded(() => get('/balances?limit=50'), '');
  return html`<h1>${t('money')}</h1>
    ${['users', 'challenges'].map(
      (kind) => html`<form onSubmit=${go(kind)}>
      <label>${t(kind === 'users' ? 'user' : 'challenge')}<input name="id" inputmode="numeric" pattern="-?[0-9]{1,19}" /></label><button>${t('look')}</button>
    </form>`,
    )}
    <h2>${t('balances')}</h2>
    <${Loaded} state=${balances}>${({ rows }) =>
      html`<${Table} caption=${t('balances')} columns=${[
        [t('user'), ({ user_id: user }) => html`<${Go} to="users/${user}">${user}</${Go}>`, true],
        [t('points'), ({ balance }) => number(balance), true],
      ]} rows=${rows} />`}</${Loaded}>`;
}

export function Statement({ user }) {
  const [state, setState] = useState({});
  const load = async (after, before) => {
    try {
      const page = await get(`/users/${user}/statement?limit=200${after === undefined ? '' : `&after=${after}`}`);
      setState({ value: { rows: [...before, ...page.rows], next: page.next } });
    } catch (error) {
      setState({ error });
    }
  };
  useEffect(() => {
    load(undefined, []);
  }, [user]);
  return html`<h1>${t('statement', { user })}</h1>
    <${Loaded} state=${state}>${({ rows, next }) => html`
      <${Table} caption=${t('statement', { user })} columns=${[
        [t('entry'), ({ journalId, lineNo }) => `${journalId}.${lineNo}`],
        [t('date'), ({ businessDate }) => html`<${Go} to="dates/${businessDate}">${businessDate}</${Go}>`],
        [t('kind'), ({ kind }) => kind],
        [t('points'), ({ amount }) => number(amount), true],
        [t('balance'), ({ balance }) => number(balance), true],
        [t('reason'), ({ reason }) => reason],
      ]} rows=${rows} />
      ${next !== null && html`<p><button onClick=${() => load(next, rows)}>${t('more')}</button></p>`}
    `}</${Loaded}>`;
}

export const loadChallenge = (ask, id) => ask(`/challenges/${id}`);

export function Challenge({ id }) {
  const state = useLoaded(() => loadChallenge(get, id), id);
  return html`<h1>${t('challengeOf', { id })}</h1>
    <${Loaded} state=${state}>${(value) => html`<${ChallengeBody} value=${value} />`}</${Loaded}>`;
}

export function ChallengeBody({ value }) {
  const { id, status, startDate, endDate, thresholdPercent, escrow, settlement, journals, members } = value;
  return html`<p class="flow"><span class="tag none">${status}</span> ${startDate} – ${endDate} · ${t('threshold', { percent: thresholdPercent })} · ${t('escrow')} ${number(escrow)}</p>
    ${
      settlement &&
      html`<${Cards} items=${[
        [
          t('pot'),
          number(settlement.pot),
          html`<${Go} to="dates/${settlement.businessDate}">${settlement.businessDate}</${Go}>`,
        ],
        [t('forfeited'), number(settlement.forfeited)],
        [t('fee'), number(settlement.fee)],
        [t('house'), number(settlement.house)],
        [t('refunds'), number(settlement.refunded)],
        [t('shared'), number(settlement.distributable), t('leftOver', { points: number(settlement.leftOver) })],
        [t('winners'), `${number(settlement.winners)} / ${number(settlement.members)}`],
        [t('id'), html`<${Go} to="runs/${settlement.execution}">${settlement.execution}</${Go}>`],
      ]} />`
    }
    <h2>${t('members')}</h2><${Table} caption=${t('members')} columns=${[
      [
        t('user'),
        ({ userId }) =>
          html`<${Go} to="challenges/${id}/users/${userId}" label="${t('explain')} ${userId}">${userId}</${Go}>`,
        true,
      ],
      [t('stake'), ({ stake }) => number(stake), true],
      [t('verdict'), ({ outcome }) => outcome?.verdict ?? '–'],
      [t('proofs'), ({ outcome }) => number(outcome?.proofDays), true],
      [t('percentDone'), ({ outcome }) => (outcome ? `${outcome.percent} %` : '–'), true],
      [t('payouts'), ({ outcome }) => (outcome?.kind === 'payout' ? number(outcome.payout) : '–'), true],
      [t('refunds'), ({ outcome }) => (outcome?.kind === 'refund' ? number(outcome.payout) : '–'), true],
    ]} rows=${members} />
    ${
      journals.length > 0 &&
      html`<h2>${t('journals')}</h2><${Table} caption=${t('journals')} columns=${[
        ['#', (one) => one.id, true],
        [t('journal'), ({ key }) => key],
        [t('kind'), ({ kind }) => kind],
        [t('date'), ({ businessDate }) => businessDate],
      ]} rows=${journals} />`
    }`;
}

/** Why a user got what out of a challenge: what `settle explain payout` tells. */
export function Payout({ id, user }) {
  const state = useLoaded(() => get(`/challenges/${id}/users/${user}/explanation`), `${id} ${user}`);
  return html`<h1>${t('payoutOf', { id, user })}</h1>
    <p><a href="#/challenges/${id}">${t('challengeOf', { id })}</a> · <a href="#/users/${user}">${t('statement', { user })}</a></p>
    <${Loaded} state=${state}>${(value) => html`<pre tabindex="0">${JSON.stringify(value, undefined, 2)}</pre>`}</${Loaded}>`;
}
