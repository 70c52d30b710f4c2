/** What videos are paid, why, and what was corrected afterwards: the figures of `settle settlement`. */
import type { FastifyInstance } from 'fastify';
import { explainSettlement } from '../../jobs/video-settlement/explain-settlement.ts';
import { listRateCards } from '../../jobs/video-settlement/rate-card-store.ts';
import { listPricedDates, readSettlement, type SettledVideo } from '../../jobs/video-settlement/read-settlement.ts';
import { readReversals } from '../../jobs/video-settlement/reversals.ts';
import { type PeriodKind, parseBusinessDate, periodOf } from '../../rules/business-time.ts';
import { type CsvColumns, sendCsv, sendJson } from '../answer.ts';
import type { ServerOptions } from '../server-options.ts';
import { answers, dateSchema, formatSchema, idSchema, limitSchema, periodSchema } from './schema.ts';

/** The headers of `settle settlement --format csv`; whole won. */
const COLUMNS: CsvColumns<SettledVideo> = {
  video_id: (row) => row.videoId,
  view_amount: (row) => row.viewAmount,
  ad_amount: (row) => row.adAmount,
  total: (row) => row.viewAmount + row.adAmount,
};

interface Query {
  readonly date: string;
  readonly period: PeriodKind;
  readonly format: 'json' | 'csv';
  readonly limit: number;
  readonly after?: string;
}

export function registerSettlements(api: FastifyInstance, { database }: ServerOptions): void {
  api.get<{ Querystring: Query }>(
    '/settlements',
    {
      schema: {
        tags: ['money'],
        summary: 'what videos are paid in a day, ISO week or month, adjustments included, by video id in pages',
        querystring: {
          type: 'object',
          required: ['date'],
          additionalProperties: false,
          properties: {
            date: dateSchema,
            period: periodSchema,
            format: formatSchema,
            limit: limitSchema,
            after: { ...idSchema, description: 'the page after this video id' },
          },
        },
        response: answers('rows in whole won, their sum over the whole period, reversals, and `next`'),
      },
    },
    async (request, reply) => {
      const { date, period: kind, format, limit, after } = request.query;
      const period = periodOf(parseBusinessDate(date), kind);
      const paid = await readSettlement(database, period);
      const rows = paid.filter(({ videoId }) => after === undefined || videoId > BigInt(after)).slice(0, limit);
      if (format === 'csv') return await sendCsv(request, reply, COLUMNS, rows);
      const sum = (amount: (row: SettledVideo) => bigint) => paid.reduce((total, row) => total + amount(row), 0n);
      const [views, ads] = [sum((row) => row.viewAmount), sum((row) => row.adAmount)];
      return await sendJson(request, reply, {
        period: period.label,
        from: period.from,
        to: period.to,
        pricedDates: await listPricedDates(database.knex, period),
        videos: paid.length,
        view_amount: views,
        ad_amount: ads,
        total: views + ads,
        reversals: await readReversals(database.knex, period),
        rows: rows.map((row) => ({
          video_id: row.videoId,
          view_amount: row.viewAmount,
          ad_amount: row.adAmount,
          total: row.viewAmount + row.adAmount,
        })),
        next: rows.length === limit ? rows.at(-1)?.videoId.toString() : null,
      });
    },
  );

  api.get<{ Params: { date: string; video: string } }>(
    '/settlements/:date/videos/:video/explanation',
    {
      schema: {
        tags: ['money'],
        summary: 'why a video is paid what it is paid for a date: counts, card, tiers, run, revisions, adjustments',
        params: { type: 'object', properties: { date: dateSchema, video: idSchema } },
        response: answers('the object that the command line prints'),
      },
    },
    async (request, reply) => {
      const { date, video } = request.params;
      return await sendJson(request, reply, await explainSettlement(database, parseBusinessDate(date), BigInt(video)));
    },
  );

  api.get(
    '/rate-cards',
    {
      schema: { tags: ['money'], summary: 'the rate cards, in the order of their import', response: answers('cards') },
    },
    async (request, reply) => await sendJson(request, reply, { cards: await listRateCards(database.knex) }),
  );
}
