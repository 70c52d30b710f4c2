/** Points of users: what `settle ledger balances`, `statement` and `settle explain balance` tell. */
import type { FastifyInstance } from 'fastify';
import { explainBalance } from '../../ledger/explain-balance.ts';
import { pageStatement, pageUserBalances } from '../../ledger/read-statement.ts';
import { type CsvColumns, sendCsv, sendJson } from '../answer.ts';
import type { ServerOptions } from '../server-options.ts';
import { answers, formatSchema, idSchema, limitSchema } from './schema.ts';

type Balance = Awaited<ReturnType<typeof pageUserBalances>>[number];

/** The headers of `settle ledger balances --format csv`. */
const COLUMNS: CsvColumns<Balance> = { user_id: (row) => row.userId, balance: (row) => row.balance };

export function registerLedger(api: FastifyInstance, { database }: ServerOptions): void {
  api.get<{ Querystring: { after?: string; limit: number; format: 'json' | 'csv' } }>(
    '/balances',
    {
      schema: {
        tags: ['points'],
        summary: 'the balances of users, by user id in pages',
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: { after: idSchema, limit: limitSchema, format: formatSchema },
        },
        response: answers('rows, and `next`'),
      },
    },
    async (request, reply) => {
      const { after, limit, format } = request.query;
      const rows = await pageUserBalances(database, { after: after === undefined ? undefined : BigInt(after), limit });
      if (format === 'csv') return await sendCsv(request, reply, COLUMNS, rows);
      return await sendJson(request, reply, {
        rows: rows.map(({ userId, balance }) => ({ user_id: userId, balance })),
        next: rows.length === limit ? rows.at(-1)?.userId.toString() : null,
      });
    },
  );

  api.get<{ Params: { user: string }; Querystring: { after?: string; limit: number } }>(
    '/users/:user/statement',
    {
      schema: {
        tags: ['points'],
        summary: "a user's entries in the order of the chain, with the balance after each, in pages",
        params: { type: 'object', properties: { user: idSchema } },
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: {
            after: {
              type: 'string',
              pattern: '^\\d{1,19}\\.\\d{1,9}$',
              description: 'the page after this entry, journal.line',
            },
            limit: limitSchema,
          },
        },
        response: answers('entries, and `next`'),
      },
    },
    async (request, reply) => {
      const { after, limit } = request.query;
      const [journal, line] = after?.split('.') ?? [];
      const rows = await pageStatement(
        database,
        { type: 'user', ownerId: BigInt(request.params.user) },
        { after: journal === undefined ? undefined : { journalId: BigInt(journal), lineNo: Number(line) }, limit },
      );
      const last = rows.at(-1);
      return await sendJson(request, reply, {
        rows,
        next: rows.length === limit && last !== undefined ? `${last.journalId}.${last.lineNo}` : null,
      });
    },
  );

  api.get<{ Params: { user: string } }>(
    '/users/:user/balance/explanation',
    {
      schema: {
        tags: ['points'],
        summary: 'why a user has the points that they have',
        params: { type: 'object', properties: { user: idSchema } },
        response: answers('the object that the command line prints'),
      },
    },
    async (request, reply) =>
      await sendJson(request, reply, await explainBalance(database, BigInt(request.params.user))),
  );
}
