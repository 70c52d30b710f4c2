/** Points of a user, and challenges: looked up by id. */
import { get } from '../api.js';
import { html, useEffect, useState } from '../lib/preact.js';
import { Loaded, Table, useLoaded } from '../parts.js';
import { number, t } from '../texts.js';

export function Money() {
  const go = (kind) => (event) => {
    event.preventDefault();
    const id = new FormData(event.target).get('id');
    if (id !== '') location.hash = `#/${kind}/${id}`;
  };
  return html`<h1>${t('money')}</h1>
    ${['users', 'challenges'].map(
      (kind) => html`<form onSubmit=${go(kind)}>
      <label>${t(kind === 'users' ? 'user' : 'challenge')}<input name="id" inputmode="numeric" pattern="-?[0-9]{1,19}" /></label><button>${t('look')}</button>
    </form>`,
    )}`;
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
        [t('date'), ({ businessDate }) => businessDate],
        [t('kind'), ({ kind }) => kind],
        [t('points'), ({ amount }) => number(amount), true],
        [t('balance'), ({ balance }) => number(balance), true],
        [t('reason'), ({ reason }) => reason],
      ]} rows=${rows} />
      ${next !== null && html`<p><button onClick=${() => load(next, rows)}>${t('more')}</button></p>`}
    `}</${Loaded}>`;
}

export function Challenge({ id }) {
  const state = useLoaded(() => get(`/challenges/${id}`), id);
  return html`<h1>${t('challengeOf', { id })}</h1>
    <${Loaded} state=${state}>${({ members, next, ...challenge }) => html`
      <pre tabindex="0">${JSON.stringify(challenge, undefined, 2)}</pre>
      <h2>${t('members')}</h2><pre tabindex="0">${members.map((member) => JSON.stringify(member)).join('\n')}</pre>
    `}</${Loaded}>`;
}
