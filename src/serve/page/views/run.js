/** One execution: how fast, how far, its steps in time, verdicts, partitions, records set aside, what to do next. */
import { get } from '../api.js';
import { Bars, Rate, Shares } from '../charts.js';
import { html, useEffect, useState } from '../lib/preact.js';
import { Cards, Commands, Go, Loaded, Status, Table, useLoaded } from '../parts.js';
import { duration, number, percent, t, time } from '../texts.js';
import { Actions } from './actions.js';
import { Partitions } from './partitions.js';
import { Skipped } from './skipped.js';

const LOOK_MS = 2_000;
const RUNNING = ['STARTING', 'STARTED', 'STOPPING'];
const SKIPPED_SHOWN = 100;
/** A step that is shorter has no rate worth drawing. */
const POINTS_MIN = 3;

export async function loadRun(ask, id) {
  const [run, progress, compared] = await Promise.all([
    ask(`/runs/${id}`),
    ask(`/runs/${id}/progress`),
    ask(`/runs/${id}/prediction`),
  ]);
  const skips = run.steps.reduce((sum, one) => sum + one.readSkipCount + one.processSkipCount + one.writeSkipCount, 0);
  const skipped =
    skips + (run.verdicts.invalid ?? 0) === 0 ? undefined : await ask(`/runs/${id}/skipped?limit=${SKIPPED_SHOWN}`);
  return { run, progress, compared, skipped };
}

export function Run({ id }) {
  const [look, setLook] = useState(0);
  const state = useLoaded(() => loadRun(get, id), id, look);
  const isRunning = RUNNING.includes(state.value?.run.status);
  useEffect(() => {
    if (!isRunning) return undefined;
    const timer = setTimeout(() => setLook(look + 1), LOOK_MS);
    return () => clearTimeout(timer);
  }, [isRunning, look, state.value]);
  return html`<h1>${t('id')} ${id}</h1>
    <${Loaded} state=${state}>${(loaded) => html`<${Actions} run=${loaded.run} onDone=${() => setLook(look + 1)} /><${RunBody} ...${loaded} />`}</${Loaded}>`;
}

export function RunBody({ run, progress, compared, skipped }) {
  return html`<${Head} run=${run} progress=${progress} />
    <${Verdicts} verdicts=${run.verdicts} before=${run.verdictsBefore} />
    ${progress.steps
      .filter(({ points }) => points.length >= POINTS_MIN)
      .map((step) => html`<h2>${t('rateOfStep', { step: step.name })}</h2><${Rate} ...${step} />`)}
    <${Steps} run=${run} />
    ${run.steps.map((step) => html`<${Partitions} step=${step} attempts=${progress.attempts.filter((one) => one.step === step.name)} execution=${run.id} />`)}
    <${Skipped} skipped=${skipped} />
    <${Compared} compared=${compared} />
    <h2>${t('parameters')}</h2>
    <${Table} caption=${t('parameters')} columns=${[
      [t('parameter'), ([name]) => name],
      [t('value'), ([, value]) => value],
    ]} rows=${Object.entries(run.parameters)} />`;
}

function Head({ run, progress }) {
  const { job, parameters, status, startTime, endTime, durationMs, rows, exitMessage, live, next } = run;
  const rate = durationMs > 0 ? Math.round((rows / durationMs) * 1_000) : undefined;
  const date = parameters.date;
  const current = progress.steps.find(({ name }) => name === live?.step);
  const expected = current?.rowsExpected;
  const done = run.steps
    .find(({ name }) => name === live?.step)
    ?.partitions.reduce((sum, { rowsDone }) => sum + rowsDone, 0);
  return html`<p class="flow"><${Status} value=${status} /> <b>${job}</b> ${date && html`<${Go} to="dates/${date}">${date}</${Go}>`}
      ${live && !live.isAlive && html`<span class="tag bad">${live.death}</span>`}
      ${live?.isPaused && html`<span class="tag bad">${t('paused', { pid: live.pid })}</span>`}
      ${live?.host && html`<span>${t('runsOn', { host: live.host, pid: live.pid })}</span>`}</p>
    ${
      expected > 0 &&
      done !== undefined &&
      html`<p><progress max=${expected} value=${done} aria-label=${live.step}></progress> ${live.step}: ${percent(Math.min(1, done / expected))} ${live.timeLeft && t('timeLeft', { time: duration(live.timeLeft.ms) })}</p>`
    }
    ${live && expected === undefined && live.timeLeft && html`<p>${live.step}: ${t('timeLeft', { time: duration(live.timeLeft.ms) })}</p>`}
    ${live?.waitsFor && html`<p class="banner busy">${t('waitsFor', { execution: live.waitsFor.execution, step: live.waitsFor.step })}</p>`}
    ${exitMessage && html`<p class="banner bad">${exitMessage}</p>`}
    <${Commands} commands=${next} />
    <${Cards} items=${[
      [t('started'), time(startTime)],
      [t('end'), time(endTime)],
      [t('duration'), duration(durationMs)],
      [t('rows'), number(rows)],
      [t('rate'), number(rate)],
    ]} />`;
}

/** Every row that was read has one verdict: their sum says so. */
function Verdicts({ verdicts, before }) {
  const { read, ...counts } = verdicts;
  const parts = Object.entries(counts);
  if (parts.length === 0) return null;
  const sum = parts.reduce((total, [, rows]) => total + rows, 0);
  const isBalanced = read === undefined || sum === read;
  const title = t('verdicts');
  return html`<h2>${title}</h2>
    <${Shares} parts=${parts} label=${title} />
    <${Table} caption=${title} columns=${[
      [t('verdict'), ([name]) => html`<i class="key share-${name}"></i> ${name}`],
      [t('rows'), ([, rows]) => number(rows), true],
      ...(Object.keys(before).length === 0 ? [] : [[t('earlierRun'), ([name]) => number(before[name]), true]]),
    ]} rows=${parts} />
    <p><span class="tag ${isBalanced ? 'good' : 'bad'}">${t(isBalanced ? 'balanced' : 'unbalanced', { sum: number(sum), read: number(read ?? sum) })}</span></p>`;
}

function Steps({ run }) {
  const begun = run.steps.filter(({ startTime }) => startTime);
  if (begun.length === 0) return null;
  const now = Date.now();
  const rows = begun.map((step) => {
    const [start, end] = [Date.parse(step.startTime), step.endTime ? Date.parse(step.endTime) : now];
    return {
      name: step.name,
      spans: [{ start, end, state: step.status, title: `${step.name}: ${step.status}` }],
      note: html`${duration(step.durationMs)}${step.readCount + step.writeCount > 0 && html` · ${number(step.readCount)} ${t('read')} · ${number(step.writeCount)} ${t('written')}`}${step.rollbackCount > 0 && html` · ${t('rollbacks', { count: step.rollbackCount })}`}`,
    };
  });
  const all = rows.flatMap(({ spans }) => spans);
  return html`<h2>${t('steps')}</h2>
    <${Bars} rows=${rows} from=${Math.min(...all.map(({ start }) => start))} to=${Math.max(...all.map(({ end }) => end))} />`;
}

/** What a dry run right before would have said, beside what it took. */
function Compared({ compared: { predicted, took, steps } }) {
  if (predicted === null) return null;
  const title = t('prediction');
  const isWithin = took.ms >= predicted.fromMs && took.ms <= predicted.toMs;
  return html`<h2>${title}</h2>
    <p>${t('predictedBy', { runs: predicted.runs })}</p>
    <${Cards} items=${[
      [t('predicted'), duration(predicted.ms), `${duration(predicted.fromMs)} – ${duration(predicted.toMs)}`],
      [
        t('took'),
        duration(took.ms),
        html`<span class="tag ${isWithin ? 'good' : 'busy'}">${t(isWithin ? 'within' : 'outside')}</span>`,
      ],
      [t('memory'), `${number(took.memoryMb)} MB`, `${t('predicted')} ${number(Math.round(predicted.memoryMb))} MB`],
    ]} />
    <details><summary>${t('byStep')}</summary><${Table} caption=${title} columns=${[
      [t('step'), ({ name }) => name],
      [t('predicted'), ({ predictedMs }) => duration(predictedMs), true],
      [t('took'), ({ tookMs }) => duration(tookMs), true],
    ]} rows=${steps} /></details>`;
}
