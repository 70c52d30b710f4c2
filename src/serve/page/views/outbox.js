/** Where deliveries are, and the dead letters with what to do about them. */
import { get } from '../api.js';
import { html } from '../lib/preact.js';
import { Cards, Commands, Loaded, Table, useLoaded } from '../parts.js';
import { duration, number, t, time } from '../texts.js';

const DEAD_SHOWN = 100;

export async function loadOutbox(ask) {
  const [state, dead] = await Promise.all([ask('/outbox'), ask(`/outbox/dead?limit=${DEAD_SHOWN}`)]);
  return { state, dead: dead.rows };
}

export function Outbox({ runs }) {
  const loaded = useLoaded(() => loadOutbox(get), '', runs?.[0]?.status);
  return html`<h1>${t('outbox')}</h1><${Loaded} state=${loaded}>${(value) => html`<${OutboxBody} ...${value} />`}</${Loaded}>`;
}

export function OutboxBody({ state, dead }) {
  const { waiting, retrying, heldBack, inFlight, relays, oldestAgeSeconds, ratePerSecond } = state;
  const next = [
    ...(waiting > 0 && relays === 0 ? ['settle relay'] : []),
    ...(dead.length > 0 ? [`settle outbox show ${dead[0].id}`, `settle outbox replay ${dead[0].id}`] : []),
  ];
  return html`<${Cards} items=${[
    [t('waiting'), number(waiting), t('retrying', { retrying: number(retrying), held: number(heldBack) })],
    [t('inFlight'), number(inFlight), t('relays', { count: number(relays) })],
    [t('dead'), html`<span class=${state.dead > 0 ? 'tag bad' : ''}>${number(state.dead)}</span>`],
    [t('oldest'), oldestAgeSeconds === null ? '–' : duration(oldestAgeSeconds * 1_000)],
    [t('deliveries'), number(ratePerSecond)],
  ]} />
    <${Commands} commands=${next} />
    ${
      dead.length > 0 &&
      html`<h2>${t('deadLetters')}</h2><${Table} caption=${t('deadLetters')} columns=${[
        ['#', ({ id }) => id, true],
        [t('topic'), ({ topic }) => topic],
        [t('key'), ({ key }) => key],
        [t('attempts'), ({ attempts }) => number(attempts), true],
        [t('answer'), ({ answer }) => answer],
        [t('posted'), ({ createdAt }) => time(createdAt)],
        [
          t('payload'),
          ({ payload }) => html`<code>${typeof payload === 'string' ? payload : JSON.stringify(payload)}</code>`,
        ],
      ]} rows=${dead} />`
    }`;
}
