/** Executions in pages. */
import { get } from '../api.js';
import { html, useEffect, useState } from '../lib/preact.js';
import { Loaded, runColumns, Table } from '../parts.js';
import { t } from '../texts.js';

const STATUSES = ['STARTED', 'COMPLETED', 'FAILED', 'STOPPED', 'ABANDONED'];

export function Runs() {
  const [filter, setFilter] = useState({ job: '', status: '', date: '' });
  const [state, setState] = useState({});
  const load = async (before, rows) => {
    const given = Object.entries({ ...filter, before }).filter(([, value]) => value !== '' && value !== undefined);
    try {
      const page = await get(`/runs?${new URLSearchParams(given)}`);
      setState({ value: { rows: [...rows, ...page.rows], next: page.next } });
    } catch (error) {
      setState({ error });
    }
  };
  useEffect(() => {
    load(undefined, []);
  }, [filter]);
  const submit = (event) => {
    event.preventDefault();
    setFilter(Object.fromEntries(new FormData(event.target)));
  };
  return html`<h1>${t('runs')}</h1>
    <form onSubmit=${submit}>
      <label>${t('job')}<input name="job" maxlength="100" /></label>
      <label>${t('date')}<input name="date" type="date" /></label>
      <label>${t('status')}<select name="status"><option value="">${t('all')}</option>${STATUSES.map((one) => html`<option>${one}</option>`)}</select></label>
      <button>${t('filter')}</button>
    </form>
    <${Loaded} state=${state}>${({ rows, next }) => html`
      <${Table} caption=${t('runs')} columns=${runColumns()} rows=${rows} />
      ${next !== null && html`<p><button onClick=${() => load(next, rows)}>${t('more')}</button></p>`}
    `}</${Loaded}>`;
}
