/** Buttons of what may be done with a run, where a token is given; and what came of it. */
import { post, token } from '../api.js';
import { html, useState } from '../lib/preact.js';
import { t } from '../texts.js';

/** Identifying parameters of a run that the command line sets by itself. */
const OWN = ['revision'];

export function Actions({ run, date }) {
  const [outcome, setOutcome] = useState(undefined);
  if (token.get() === '') return null;
  const act = (action, body) => async () => {
    if (action === 'close' && !confirm(t('sure', { date: body.date }))) return;
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
  };
  return html`<p class="flow">${choices(run, date).map(([action, body]) => html`<button onClick=${act(action, body)}>${t(action)}</button>`)}</p>
    <p aria-live="polite">${outcome && html`<span class="banner ${outcome.tone}">${outcome.text}</span>`}</p>`;
}

function choices(run, date) {
  if (date !== undefined) {
    const body = { job: 'daily', parameters: { date } };
    return [
      ['run', body],
      ['rerun', body],
      ['close', { date }],
    ];
  }
  const { id, status, job } = run;
  if (['STARTING', 'STARTED'].includes(status))
    return [
      ['stop', { id }],
      ['recover', {}],
    ];
  if (['FAILED', 'STOPPED'].includes(status)) return [['restart', { id }]];
  const parameters = Object.fromEntries(Object.entries(run.parameters).filter(([name]) => !OWN.includes(name)));
  const skips = run.steps.some((one) => one.readSkipCount + one.processSkipCount + one.writeSkipCount > 0);
  return [['rerun', { job, parameters }], ...(skips ? [['replay', { id }]] : [])];
}
