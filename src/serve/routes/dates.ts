/** Business dates at a glance: the lines of `settle dates`. */
import type { FastifyInstance } from 'fastify';
import type { Database } from '../../database/database.ts';
import { usageError } from '../../errors.ts';
import { readDates } from '../../jobs/daily/read-dates.ts';
import { readMoney } from '../../jobs/daily/read-money.ts';
import { readNewestSettledDate } from '../../jobs/views/statistics/read-statistics.ts';
import { listNewestByDate } from '../../repository/job-execution.ts';
import { addDays, businessDateOf, parseBusinessDate } from '../../rules/business-time.ts';
import { sendJson } from '../answer.ts';
import type { ServerOptions } from '../server-options.ts';
import { answers, dateSchema } from './schema.ts';

const DATES_DEFAULT = 31;
const DATES_MAX = 366;

export function registerDates(api: FastifyInstance, { database, zone }: ServerOptions): void {
  api.get<{ Querystring: { from?: string; to?: string } }>(
    '/dates',
    {
      schema: {
        tags: ['runs'],
        summary: `a line for each business date: missing, failed, running, settled, closed; at most ${DATES_MAX}`,
        querystring: { type: 'object', additionalProperties: false, properties: { from: dateSchema, to: dateSchema } },
        response: answers('rows, the newest date last; and the newest execution of every job by date'),
      },
    },
    async (request, reply) => {
      const now = new Date();
      const to =
        request.query.to === undefined
          ? addDays(businessDateOf(now.getTime(), zone), -1)
          : parseBusinessDate(request.query.to);
      const from =
        request.query.from === undefined ? addDays(to, 1 - DATES_DEFAULT) : parseBusinessDate(request.query.from);
      if (from > to) throw usageError(`from ${from} is after to ${to}`);
      if (addDays(from, DATES_MAX) < to) throw usageError(`more than ${DATES_MAX} dates`, 'ask for a shorter span');
      return await sendJson(request, reply, {
        from,
        to,
        zone,
        rows: await readDates(database, { from, to }, now, zone),
        jobs: await readJobs(database, from, to),
        newestSettled: (await readNewestSettledDate(database.knex)) ?? null,
      });
    },
  );
  api.get<{ Params: { date: string } }>(
    '/dates/:date/money',
    {
      schema: {
        tags: ['money'],
        summary:
          'the money of a date: verdicts, tiers, amounts, adjustments, creators, pots, and the sum of the ledger',
        params: { type: 'object', properties: { date: dateSchema } },
        response: answers('sums, and the largest parts of each'),
      },
    },
    async (request, reply) =>
      await sendJson(request, reply, await readMoney(database, parseBusinessDate(request.params.date))),
  );
}

/** Job -> date -> its newest execution for the date. */
async function readJobs(database: Database, from: string, to: string): Promise<object> {
  const newest = await listNewestByDate(database.knex, from, to);
  const jobs: Record<string, Record<string, { id: number; status: string }>> = {};
  for (const { job, date, execution } of newest) {
    jobs[job] ??= {};
    jobs[job][date] = { id: execution.id, status: execution.status };
  }
  return jobs;
}
