/** Why a video is paid what it is paid: counts, tiers, card, run, revisions, adjustments, credits, and the rows behind. */
import { get } from '../api.js';
import { html } from '../lib/preact.js';
import { Cards, Go, Loaded, Table, useLoaded } from '../parts.js';
import { number, t } from '../texts.js';

export const loadExplanation = (ask, date, video) => ask(`/settlements/${date}/videos/${video}/explanation`);

export function Explanation({ date, video }) {
  const state = useLoaded(() => loadExplanation(get, date, video), `${date} ${video}`);
  return html`<h1>${t('explanation', { date, video })}</h1>
    <${Loaded} state=${state}>${(value) => html`<${ExplanationBody} value=${value} />`}</${Loaded}>`;
}

export function ExplanationBody({ value }) {
  const {
    date,
    settlement,
    creatorId,
    closedAt,
    rule,
    earlierRevisions,
    corrections,
    booked,
    paidInDate,
    credits,
    sources,
  } = value;
  return html`<p>${rule}</p>
    <${Cards} items=${[
      [t('total'), number(paidInDate.total), html`<${Go} to="dates/${date}">${date}</${Go}>`],
      [t('viewAmount'), number(paidInDate.viewAmount)],
      [t('adAmount'), number(paidInDate.adAmount)],
      [t('creator'), creatorId === null ? t('suspense') : html`<${Go} to="users/${creatorId}">${creatorId}</${Go}>`],
      [t('closed'), closedAt ?? '–'],
    ]} />
    ${settlement && html`<${Priced} settlement=${settlement} />`}
    <${Rows} title=${t('revisions')} rows=${earlierRevisions} columns=${[
      [t('revisionNo'), ({ revision }) => revision, true],
      [t('id'), ({ execution }) => html`<${Go} to="runs/${execution}">${execution}</${Go}>`, true],
      [t('viewAmount'), ({ viewAmount }) => number(viewAmount), true],
      [t('adAmount'), ({ adAmount }) => number(adAmount), true],
    ]} />
    ${[
      [t('booked'), booked],
      [t('corrections'), corrections],
    ].map(
      ([title, rows]) =>
        html`<${Rows} title=${title} rows=${rows} columns=${[
          [t('corrected'), ({ correctedDate }) => correctedDate],
          [t('bookedIn'), ({ bookedDate }) => bookedDate],
          [t('id'), ({ execution }) => html`<${Go} to="runs/${execution}">${execution}</${Go}>`, true],
          [t('total'), ({ total }) => number(total), true],
        ]} />`,
    )}
    <${Rows} title=${t('credits')} rows=${credits} columns=${[
      [t('journal'), ({ journalKey }) => journalKey],
      [t('won'), ({ amount }) => number(amount), true],
      [t('id'), ({ execution }) => html`<${Go} to="runs/${execution}">${execution}</${Go}>`, true],
      [t('reversed'), ({ reversedBy }) => reversedBy?.reversalKey ?? '–'],
    ]} />
    <h2>${t('sources')}</h2><pre tabindex="0">${sources.statistics};\n\n${sources.views};</pre>`;
}

function Rows({ title, rows, columns }) {
  return rows.length > 0 && html`<h2>${title}</h2><${Table} caption=${title} columns=${columns} rows=${rows} />`;
}

function Priced({ settlement: { card, views, ads, revision, execution } }) {
  const tiers = [
    ['viewAmount', views],
    ['adAmount', ads],
  ].flatMap(([kind, of]) => of.tiers.map((tier) => ({ kind, ...tier })));
  const title = t('tiers');
  return html`<h2>${t('counts')}</h2><${Table} caption=${t('counts')} columns=${[
    [t('kind'), ([kind]) => t(kind)],
    [t('countBefore'), ([, of]) => number(of.countBefore), true],
    [t('countAfter'), ([, of]) => number(of.countAfter), true],
    [t('wonBefore'), ([, of]) => number(of.wonBefore), true],
    [t('wonAfter'), ([, of]) => number(of.wonAfter), true],
    [t('won'), ([, of]) => number(of.amount), true],
  ]} rows=${[['viewAmount', views], ['adAmount', ads]]} />
  <h2>${title}</h2><${Table} caption=${title} columns=${[
    [t('kind'), ({ kind }) => t(kind)],
    [t('tierFrom'), ({ from }) => number(from), true],
    [t('price'), ({ price }) => price, true],
    [t('units'), ({ units }) => number(units), true],
    [t('won'), ({ won }) => won, true],
  ]} rows=${tiers} />
  <p>${t('card')} ${card.name} (${card.effectiveFrom}) · ${t('revision', { revision })} · <${Go} to="runs/${execution}">${t('id')} ${execution}</${Go}></p>`;
}
