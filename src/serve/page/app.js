/** The frame of the page: where one is, the language and theme, and the runs as they change. */
import { get, listen } from './api.js';
import { html, render, useEffect, useState } from './lib/preact.js';
import { language, setLanguage, speak, t, zone } from './texts.js';
import { Audit } from './views/audit.js';
import { DateView } from './views/date.js';
import { Explanation } from './views/explanation.js';
import { Challenge, Money, Payout, Statement } from './views/money.js';
import { Outbox } from './views/outbox.js';
import { Overview } from './views/overview.js';
import { Run } from './views/run.js';
import { Runs } from './views/runs.js';

const ROUTES = [
  [/^$/, (_match, runs) => html`<${Overview} runs=${runs} />`],
  [/^runs$/, () => html`<${Runs} />`],
  [/^runs\/(\d+)$/, ([, id]) => html`<${Run} id=${id} key=${id} />`],
  [/^dates\/(\d{4}-\d{2}-\d{2})$/, ([, date], runs) => html`<${DateView} date=${date} runs=${runs} key=${date} />`],
  [
    /^dates\/(\d{4}-\d{2}-\d{2})\/videos\/(-?\d+)$/,
    ([, date, video]) => html`<${Explanation} date=${date} video=${video} />`,
  ],
  [/^money$/, () => html`<${Money} />`],
  [/^users\/(-?\d+)$/, ([, user]) => html`<${Statement} user=${user} key=${user} />`],
  [/^challenges\/(-?\d+)$/, ([, id]) => html`<${Challenge} id=${id} key=${id} />`],
  [/^challenges\/(-?\d+)\/users\/(-?\d+)$/, ([, id, user]) => html`<${Payout} id=${id} user=${user} />`],
  [/^outbox$/, (_match, runs) => html`<${Outbox} runs=${runs} />`],
  [/^audit$/, () => html`<${Audit} />`],
];
const NAVIGATION = [
  ['', 'overview'],
  ['runs', 'runs'],
  ['money', 'money'],
  ['outbox', 'outbox'],
  ['audit', 'audit'],
];
const THEMES = ['auto', 'light', 'dark'];

function App() {
  const [place, setPlace] = useState(placeOf());
  const { runs, isLive } = useRuns();
  const [, setZone] = useState(zone);
  useEffect(() => {
    get('/service').then(
      (service) => {
        speak(language, service.zone);
        setZone(service.zone);
      },
      () => {
        // The views say why nothing comes.
      },
    );
  }, []);
  useEffect(() => {
    const follow = () => {
      setPlace(placeOf());
      document.querySelector('main').focus();
    };
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  const found = ROUTES.map(([pattern, view]) => [pattern.exec(place), view]).find(([match]) => match);
  return html`<a class="skip" href="#main" onClick=${(event) => {
    event.preventDefault();
    document.querySelector('main').focus();
  }}>${t('skip')}</a>
    <header class="top">
      <a class="brand" href="#/">settle</a>
      <nav aria-label="settle">${NAVIGATION.map(([path, name]) => html`<a href="#/${path}" aria-current=${place.split('/')[0] === path ? 'page' : undefined}>${t(name)}</a>`)}</nav>
      <span role="status" class="tag ${isLive ? 'good' : 'busy'}">${t(isLive ? 'live' : 'lost')}</span>
      <span class="zone">${t('timesOf', { zone })}</span>
      <${Choices} />
    </header>
    <main id="main" tabindex="-1">${found ? found[1](found[0], runs) : html`<h1>${t('notFound')}</h1>`}</main>`;
}

function Choices() {
  const [theme, setTheme] = useState(localStorage.getItem('settle.theme') ?? 'auto');
  useEffect(() => {
    if (theme === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    localStorage.setItem('settle.theme', theme);
  }, [theme]);
  return html`<label>${t('language')}<select value=${language} onChange=${({ target }) => setLanguage(target.value)}><option value="en">English</option><option value="ko">한국어</option></select></label>
    <label>${t('theme')}<select value=${theme} onChange=${({ target }) => setTheme(target.value)}>${THEMES.map((one) => html`<option value=${one}>${t(one)}</option>`)}</select></label>`;
}

/** The newest runs, sent by the service whenever one of them changes. */
function useRuns() {
  const [state, setState] = useState({ runs: undefined, isLive: false });
  useEffect(() => {
    const listening = new AbortController();
    const on = (event, data) => {
      if (event === 'runs') setState({ runs: JSON.parse(data), isLive: true });
      else setState((now) => ({ ...now, isLive: event === 'open' }));
    };
    listen('/events', on, listening.signal);
    return () => listening.abort();
  }, []);
  return state;
}

function placeOf() {
  return location.hash.replace(/^#\/?/, '');
}

render(html`<${App} />`, document.getElementById('app'));
