/** Buttons of what may be done with a run or a date, where a token is given; and what came of it. */
import { post, token } from '../api.js';
import { html, useState } from '../lib/preact.js';
import { t } from '../texts.js';

/** Identifying parameters of a run that the command line sets by itself. */
const OWN = ['revision'];
const RUNNING = ['STARTING', 'STARTED', 'STOPPING'];
const ASKED = ['close', 'rerun'];

export function Actions({ run, date, line, onDone }) {
  const [outcome, setOutcome] = useState(undefined);
  const [isBusy, setBusy] = useState(false);
  const all = run === undefined ? ofDate(date, line) : ofRun(run);
  if (token.get() === '' || all.length === 0) return null;
  const act = (action, body) => async () => {
    const what = date ?? `${t('id')} ${run.id}`;
    if (ASKED.includes(action) && !confirm(t(`sure ${action}`, { what }))) return;
    setBusy(true);
    setOutcome({ tone: 'busy', text: t('underWay') });
    try {
      const { running, message } = await post(`/actions/${action}`, body);
      setOutcome(
        running
          ? { tone: 'busy', text: t('underWay') }
          : { tone: 'good', text: t('doneNow', { message: message || '✓' }) },
      );
    } catch (error) {
      setOutcome({ tone: 'bad', text: t('refused', { message: error.message }) });
    }
    setBusy(false);
    onDone?.();
  };
  return html`<p class="flow">${all.map(([action, body]) => html`<button disabled=${isBusy} onClick=${act(action, body)}>${t(action)}</button>`)}</p>
    <p aria-live="polite">${outcome && html`<span class="banner ${outcome.tone}">${outcome.text}</span>`}</p>`;
}

function ofDate(date, { state, dueZone }) {
  const body = { job: 'daily', parameters: { date, zone: dueZone } };
  if (['running', 'not over'].includes(state)) return [];
  if (state === 'no heartbeat')
    return [
      ['recover', {}],
      ['run', body],
    ];
  if (state === 'closed') return [['rerun', body]];
  if (state !== 'settled') return [['run', body]];
  return [
    ['rerun', body],
    ['close', { date }],
  ];
}

function ofRun({ id, status, job, live, parameters: given, steps }) {
  if (RUNNING.includes(status)) return live?.isAlive === false ? [['recover', {}]] : [['stop', { id }]];
  if (['FAILED', 'STOPPED'].includes(status)) return [['restart', { id }]];
  const parameters = Object.fromEntries(Object.entries(given).filter(([name]) => !OWN.includes(name)));
  const skips = steps.some((one) => one.readSkipCount + one.processSkipCount + one.writeSkipCount > 0);
  return [...(parameters.date ? [['rerun', { job, parameters }]] : []), ...(skips ? [['replay', { id }]] : [])];
}
