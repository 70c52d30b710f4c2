/** Statistics and rankings: the figures of `settle stats`. */
import type { FastifyInstance } from 'fastify';
import { type RankingMetric, rankingMetrics, type VideoStatistics } from '../../jobs/views/rules/ranking.ts';
import { type RankedVideo, readRanking } from '../../jobs/views/statistics/rank-videos.ts';
import {
  listSettledDates,
  readStatistics,
  readTopVideos,
  readVideoDays,
} from '../../jobs/views/statistics/read-statistics.ts';
import { type PeriodKind, parseBusinessDate, periodOf } from '../../rules/business-time.ts';
import { type CsvColumns, csvAnswer, jsonAnswer, sendAnswer } from '../answer.ts';
import { questionKey } from '../cache/question-key.ts';
import type { ServerOptions } from '../server-options.ts';
import { answers, dateSchema, formatSchema, idSchema, limitSchema, periodSchema } from './schema.ts';

/** The headers of `settle stats --format csv`. */
const COLUMNS: CsvColumns<VideoStatistics> = {
  video_id: (row) => row.videoId,
  views: (row) => row.views,
  ad_views: (row) => row.adViews,
  play_seconds: (row) => row.playSeconds,
};

const RANKING_COLUMNS: CsvColumns<RankedVideo> = {
  place: (row) => row.place,
  video_id: (row) => row.videoId,
  value: (row) => row.value,
};

const toFields = (row: VideoStatistics) => ({
  video_id: row.videoId,
  views: row.views,
  ad_views: row.adViews,
  play_seconds: row.playSeconds,
});

interface Query {
  readonly date: string;
  readonly period: PeriodKind;
  readonly format: 'json' | 'csv';
  readonly limit: number;
  readonly after?: string;
  readonly top?: number;
  readonly by: RankingMetric;
}

export function registerStatistics(api: FastifyInstance, { answers: kept }: ServerOptions): void {
  api.get<{ Querystring: Query }>(
    '/statistics',
    {
      schema: {
        tags: ['statistics'],
        summary: 'sums by video of a day, ISO week or month: by video id in pages, or the first n of a ranking',
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
            top: { type: 'integer', minimum: 1, maximum: 1_000 },
            by: { type: 'string', enum: [...rankingMetrics], default: 'views' },
          },
        },
        response: answers('rows, and `next`: the query of the page that follows'),
      },
    },
    async (request, reply) => {
      const { date, period: kind, format, limit, after, top, by } = request.query;
      const period = periodOf(parseBusinessDate(date), kind);
      const isPage = top === undefined;
      const answer = await kept.get({
        key: questionKey('statistics', request.query),
        scope: { subject: 'statistics', ...period },
        async answer(knex) {
          const rows = isPage
            ? await readStatistics({ knex }, period, { after: after === undefined ? undefined : BigInt(after), limit })
            : await readTopVideos({ knex }, period, by, top);
          if (format === 'csv') return csvAnswer(COLUMNS, rows);
          const settled = await listSettledDates(knex, period);
          return jsonAnswer({
            period: period.label,
            from: period.from,
            to: period.to,
            settledDates: settled,
            rankedBy: isPage ? null : by,
            rows: rows.map(toFields),
            next: isPage && rows.length === limit ? rows.at(-1)?.videoId.toString() : null,
          });
        },
      });
      return await sendAnswer(request, reply, answer);
    },
  );

  api.get<{ Params: { id: string }; Querystring: { from: string; to: string; format: 'json' | 'csv' } }>(
    '/videos/:id/days',
    {
      schema: {
        tags: ['statistics'],
        summary: 'the daily statistics of one video, by date',
        params: { type: 'object', properties: { id: idSchema } },
        querystring: {
          type: 'object',
          required: ['from', 'to'],
          additionalProperties: false,
          properties: { from: dateSchema, to: dateSchema, format: formatSchema },
        },
        response: answers('a row for each date that has views'),
      },
    },
    async (request, reply) => {
      const { format } = request.query;
      const period = { from: parseBusinessDate(request.query.from), to: parseBusinessDate(request.query.to) };
      const answer = await kept.get({
        key: questionKey('videos/days', { ...request.query, id: request.params.id }),
        scope: { subject: 'statistics', ...period },
        async answer(knex) {
          const rows = await readVideoDays({ knex }, BigInt(request.params.id), period);
          const columns: CsvColumns<(typeof rows)[number]> = { date: (row) => row.date, ...COLUMNS };
          if (format === 'csv') return csvAnswer(columns, rows);
          return jsonAnswer({ rows: rows.map((row) => ({ date: row.date, ...toFields(row) })) });
        },
      });
      return await sendAnswer(request, reply, answer);
    },
  );

  api.get<{ Querystring: { date: string; kind: PeriodKind | 'popular'; by: RankingMetric; format: 'json' | 'csv' } }>(
    '/rankings',
    {
      schema: {
        tags: ['statistics'],
        summary: 'the published ranking of a day, week or month, or the popular one of the days up to a date',
        querystring: {
          type: 'object',
          required: ['date'],
          additionalProperties: false,
          properties: {
            date: dateSchema,
            kind: { type: 'string', enum: ['day', 'week', 'month', 'popular'], default: 'day' },
            by: { type: 'string', enum: [...rankingMetrics], default: 'views' },
            format: formatSchema,
          },
        },
        response: answers('places from the first on'),
      },
    },
    async (request, reply) => {
      const { date, kind, by, format } = request.query;
      const day = parseBusinessDate(date);
      const period = kind === 'popular' ? { label: day, from: day, to: day } : periodOf(day, kind);
      const { label, from, to } = period;
      const answer = await kept.get({
        key: questionKey('rankings', request.query),
        scope: { subject: kind === 'popular' ? 'popular' : 'ranking', from, to },
        async answer(knex) {
          const ranked = await readRanking({ knex }, kind, label, by);
          if (format === 'csv') return csvAnswer(RANKING_COLUMNS, ranked);
          const rows = ranked.map(({ place, videoId, value }) => ({ place, video_id: videoId, value }));
          return jsonAnswer({ kind, label, by, rows });
        },
      });
      return await sendAnswer(request, reply, answer);
    },
  );
}
