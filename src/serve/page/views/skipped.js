/** Records that a run set aside: by reason, and one by one with what they hold. */
import { html } from '../lib/preact.js';
import { Commands, Go, Table } from '../parts.js';
import { number, t, time } from '../texts.js';

const keyOf = ({ key, rowId }) => key ?? rowId;
const payloadText = ({ payload }) => (typeof payload === 'string' ? payload : JSON.stringify(payload));

export function Skipped({ skipped }) {
  if (skipped === undefined || skipped.total === 0) return null;
  const { reasons, records, total, replacedBy, next } = skipped;
  return html`<h2>${t('reasons')}</h2>
    ${replacedBy && html`<p class="banner busy"><${Go} to="runs/${replacedBy.execution}">${t('id')} ${replacedBy.execution}</${Go}> ${replacedBy.words}</p>`}
    <${Table} caption=${t('reasons')} columns=${[
      [t('reason'), ({ reason }) => reason],
      [t('rows'), ({ rows }) => number(rows), true],
      [t('correctIn'), ({ correctIn }) => correctIn],
    ]} rows=${reasons} />
    <${Commands} commands=${next ? [next] : []} />
    <h3>${t('records', { shown: number(records.length), total: number(total) })}</h3>
    <${Table} caption=${t('records', { shown: number(records.length), total: number(total) })} columns=${[
      [t('key'), keyOf],
      [t('reason'), ({ reason }) => reason],
      [t('payload'), (record) => html`<code>${payloadText(record)}</code>`],
      [t('replayed'), ({ replayedAt }) => time(replayedAt)],
    ]} rows=${records} />`;
}
