/** One execution: its steps in time, verdicts, partitions, records set aside, and what to do next. */
import { get } from '../api.js';
import { html, useEffect, useState } from '../lib/preact.js';
import { Bars, Cards, Loaded, Status, Table, tone, useLoaded } from '../parts.js';
import { duration, number, t, time } from '../texts.js';
import { Actions } from './actions.js';

const LOOK_MS = 2_000;
const RUNNING = ['STARTING', 'STARTED', 'STOPPING'];

export function Run({ id }) {
  const [look, setLook] = useState(0);
  const state = useLoaded(() => get(`/runs/${id}`), id, look);
  const isRunning = RUNNING.includes(state.value?.status);
  useEffect(() => {
    if (!isRunning) return undefined;
    const timer = setTimeout(() => setLook(look + 1), LOOK_MS);
    return () => clearTimeout(timer);
  }, [isRunning, look, state.value]);
  return html`<h1>${t('id')} ${id}</h1>
    <${Loaded} state=${state}>${(run) => html`
      <${Head} run=${run} />
      <${Verdicts} verdicts=${run.verdicts} />
      <${Steps} run=${run} />
      ${run.steps.map((step) => html`<${Partitions} step=${step} />`)}
      <${Skipped} id=${id} run=${run} />
      <${Actions} run=${run} />
    `}</${Loaded}>`;
}

function Head({ run }) {
  const { job, parameters, status, startTime, endTime, durationMs, rows, exitMessage, live, next } = run;
  const rate = durationMs > 0 ? Math.round((rows / durationMs) * 1_000) : undefined;
  return html`<p><${Status} value=${status} /> ${job} ${live?.timeLeft && t('timeLeft', { time: duration(live.timeLeft.ms) })}</p>
    <${Cards} items=${[
      [t('started'), time(startTime)],
      [t('end'), time(endTime)],
      [t('duration'), duration(durationMs)],
      [t('rows'), number(rows)],
      [t('rate'), number(rate)],
    ]} />
    ${exitMessage && html`<h2>${t('message')}</h2><pre>${exitMessage}</pre>`}
    ${next.length > 0 && html`<h2>${t('next')}</h2><pre>${next.join('\n')}</pre>`}
    <h2>${t('parameters')}</h2>
    <${Table} caption=${t('parameters')} columns=${[
      [t('parameter'), ([name]) => name],
      [t('value'), ([, value]) => value],
    ]} rows=${Object.entries(parameters)} />`;
}

function Verdicts({ verdicts }) {
  const counts = Object.entries(verdicts);
  return (
    counts.length > 0 &&
    html`<h2>${t('verdicts')}</h2><${Cards} items=${counts.map(([name, rows]) => [name, number(rows)])} />`
  );
}

function Steps({ run }) {
  const begun = run.steps.filter(({ startTime }) => startTime);
  if (begun.length === 0) return null;
  const now = Date.now();
  const items = begun.map((step) => ({
    name: step.name,
    start: Date.parse(step.startTime),
    end: step.endTime ? Date.parse(step.endTime) : now,
    state: step.status,
    note: `${duration(step.durationMs)} · ${number(step.readCount)} ${t('read')} · ${number(step.writeCount)} ${t('written')}`,
  }));
  return html`<h2>${t('steps')}</h2>
    <${Bars} items=${items} from=${Math.min(...items.map(({ start }) => start))} to=${Math.max(...items.map(({ end }) => end))} />`;
}

function Partitions({ step }) {
  const { name, partitions } = step;
  if (partitions.length === 0) return null;
  const begun = partitions.filter(({ startTime }) => startTime);
  const now = Date.now();
  const items = begun.map((one) => ({
    name: `${t('partition')} ${one.partition}`,
    start: Date.parse(one.startTime),
    end: one.endTime ? Date.parse(one.endTime) : now,
    state: one.status,
    note: duration(one.durationMs),
  }));
  const title = t('partitions', { step: name });
  return html`<h2>${title}</h2>
    <div class="strip" role="img" aria-label=${title}>${partitions.map((one) => html`<span class=${tone(one.status)} style=${{ flex: Math.max(1, one.rowsExpected ?? 1) }} title="${one.partition}: ${one.status}"></span>`)}</div>
    ${items.length > 0 && html`<${Bars} items=${items} from=${Math.min(...items.map(({ start }) => start))} to=${Math.max(...items.map(({ end }) => end))} />`}
    <${Table} caption=${title} columns=${[
      ['#', ({ partition }) => partition, true],
      [t('status'), ({ status }) => html`<${Status} value=${status} />`],
      [t('from'), ({ minId }) => number(minId), true],
      [t('to'), ({ maxId }) => number(maxId), true],
      [t('rows'), ({ readCount }) => number(readCount), true],
      [t('duration'), ({ durationMs }) => duration(durationMs), true],
    ]} rows=${partitions} />`;
}

function Skipped({ id, run }) {
  const count = run.steps.reduce((sum, one) => sum + one.readSkipCount + one.processSkipCount + one.writeSkipCount, 0);
  const state = useLoaded(
    () => (count === 0 ? Promise.resolve({ reasons: [], records: [] }) : get(`/runs/${id}/skipped`)),
    `${id} ${count}`,
  );
  if (count === 0) return null;
  return html`<h2>${t('reasons')}</h2>
    <${Loaded} state=${state}>${({ reasons, records }) => html`
      <${Table} caption=${t('reasons')} columns=${[
        [t('reason'), ({ reason }) => reason],
        [t('rows'), ({ rows }) => number(rows), true],
        [t('correctIn'), ({ correctIn }) => correctIn],
      ]} rows=${reasons} />
      <pre>${records
        .slice(0, 20)
        .map((record) => JSON.stringify(record))
        .join('\n')}</pre>
    `}</${Loaded}>`;
}
