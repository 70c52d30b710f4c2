/** The partitions of a step: a strip by id, the workers in time, and each partition with its attempts. */
import { Bars, Strip } from '../charts.js';
import { html } from '../lib/preact.js';
import { Status, Table } from '../parts.js';
import { duration, number, t } from '../texts.js';

const workerText = ({ host, worker }) => (worker === null ? '–' : `${host} · ${t('worker')} ${worker + 1}`);

export function Partitions({ step, attempts, execution }) {
  const { name, partitions } = step;
  const known = partitions.filter(({ minId, maxId }) => minId !== undefined && maxId !== undefined);
  if (partitions.length === 0) return null;
  const title = t('partitions', { step: name });
  const own = attempts.filter((one) => one.execution === execution && one.startTime);
  return html`<h2>${title}</h2>
    ${
      known.length > 0 &&
      html`<${Strip} label=${title} ranges=${known.map((one) => ({
        minId: BigInt(one.minId),
        maxId: BigInt(one.maxId),
        status: one.status,
        done: one.status === 'COMPLETED' ? 1 : Math.min(1, one.rowsDone / Math.max(1, one.rowsExpected ?? 0)),
        title: `${t('partition')} ${one.partition}: ${one.status}, ${number(one.rowsDone)}`,
      }))} />`
    }
    ${own.length > 0 && html`<${Workers} attempts=${own} />`}
    <${Table} caption=${title} columns=${[
      ['#', ({ partition }) => partition, true],
      [t('status'), ({ status }) => html`<${Status} value=${status} />`],
      [t('from'), ({ minId }) => number(minId), true],
      [t('to'), ({ maxId }) => number(maxId), true],
      [t('expected'), ({ rowsExpected }) => number(rowsExpected), true],
      [t('rows'), ({ rowsDone }) => number(rowsDone), true],
      [t('duration'), ({ durationMs }) => duration(durationMs), true],
      [t('attempts'), ({ partition }) => number(attempts.filter((one) => one.partition === partition).length), true],
      [t('worker'), ({ partition }) => workerText(own.find((one) => one.partition === partition) ?? { worker: null })],
      [
        t('cutFrom'),
        ({ partition }) => number(attempts.find((one) => one.partition === partition && one.cutFrom !== null)?.cutFrom),
        true,
      ],
    ]} rows=${partitions} />
    <${Earlier} attempts=${attempts.filter((one) => one.execution !== execution)} />`;
}

/** Who worked on what when. What was cut off another worker's range is drawn apart. */
function Workers({ attempts }) {
  const now = Date.now();
  const rows = [...Map.groupBy(attempts, workerText)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, of]) => {
      const cut = of.filter(({ cutFrom }) => cutFrom !== null).length;
      return {
        name,
        spans: of.map((one) => ({
          start: Date.parse(one.startTime),
          end: one.endTime ? Date.parse(one.endTime) : now,
          state: one.status,
          isCut: one.cutFrom !== null,
          title: `${t('partition')} ${one.partition}: ${one.status}, ${number(one.readCount)}`,
        })),
        note: `${of.map(({ partition }) => partition).join(', ')}${cut > 0 ? ` · ${t('cuts', { count: cut })}` : ''}`,
      };
    });
  const all = rows.flatMap(({ spans }) => spans);
  return html`<h3>${t('workers')}</h3>
    <${Bars} rows=${rows} from=${Math.min(...all.map(({ start }) => start))} to=${Math.max(...all.map(({ end }) => end))} />`;
}

/** Attempts of earlier executions, which this one went on from. */
function Earlier({ attempts }) {
  if (attempts.length === 0) return null;
  const title = t('otherAttempts');
  return html`<details><summary>${title} (${number(attempts.length)})</summary><${Table} caption=${title} columns=${[
    ['#', ({ partition }) => partition, true],
    [t('attempt'), ({ attempt }) => attempt, true],
    [t('id'), ({ execution }) => html`<a href="#/runs/${execution}">${execution}</a>`, true],
    [t('status'), ({ status }) => html`<${Status} value=${status} />`],
    [t('worker'), workerText],
    [t('rows'), ({ readCount }) => number(readCount), true],
    [t('message'), ({ exitMessage }) => exitMessage],
  ]} rows=${attempts} /></details>`;
}
