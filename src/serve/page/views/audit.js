/** The token of this tab, and what was asked for with one. */
import { get, token } from '../api.js';
import { html, useState } from '../lib/preact.js';
import { Loaded, Table, useLoaded } from '../parts.js';
import { t, time } from '../texts.js';

export function Audit() {
  const [given, setGiven] = useState(token.get());
  const state = useLoaded(() => get('/audit'), given);
  const service = useLoaded(() => get('/service'), given);
  const use = (event) => {
    event.preventDefault();
    token.set(new FormData(event.target).get('token'));
    setGiven(token.get());
  };
  const forget = () => {
    token.set('');
    setGiven('');
  };
  return html`<h1>${t('audit')}</h1>
    <${Loaded} state=${service}>${({ takesActions }) => !takesActions && html`<p class="banner none">${t('readOnly')}</p>`}</${Loaded}>
    ${
      given === ''
        ? html`<form onSubmit=${use}><label>${t('token')}<input name="token" type="password" autocomplete="off" /></label><button>${t('useToken')}</button></form>`
        : html`<button onClick=${forget}>${t('forget')}</button>`
    }
    <${Loaded} state=${state}>${({ rows }) =>
      html`<${Table} caption=${t('audit')} columns=${[
        [t('when'), ({ askedAt }) => time(askedAt)],
        [t('who'), ({ actor }) => actor],
        [t('action'), (row) => row.arguments.join(' ')],
        [t('exit'), ({ exitCode }) => exitCode ?? '–', true],
        [t('message'), ({ message }) => message ?? ''],
      ]} rows=${rows} />`}</${Loaded}>`;
}
