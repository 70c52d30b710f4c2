/** Where deliveries are, and dead letters: the figures of `settle outbox`. */
import type { FastifyInstance } from 'fastify';
import { listDead, readHistory, readOutboxState } from '../../jobs/outbox/store/outbox-state.ts';
import { sendJson } from '../answer.ts';
import type { ServerOptions } from '../server-options.ts';
import { answers } from './schema.ts';

const rowId = { type: 'string', pattern: '^\\d{1,18}$', description: 'row of the outbox' } as const;

export function registerOutbox(api: FastifyInstance, { database }: ServerOptions): void {
  api.get(
    '/outbox',
    {
      schema: {
        tags: ['outbox'],
        summary: 'messages that wait, are on their way or dead, the oldest, and the rate',
        response: answers('the object of `settle outbox --json`'),
      },
    },
    async (request, reply) => await sendJson(request, reply, await readOutboxState(database)),
  );

  api.get<{ Querystring: { topic?: string; limit: number } }>(
    '/outbox/dead',
    {
      schema: {
        tags: ['outbox'],
        summary: 'dead letters with their last answers, by row id',
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: {
            topic: { type: 'string', maxLength: 64 },
            limit: { type: 'integer', minimum: 1, maximum: 1_000, default: 100 },
          },
        },
        response: answers('rows, as `settle outbox dead --json` lists them'),
      },
    },
    async (request, reply) => {
      const { topic, limit } = request.query;
      const dead = await listDead(database.knex, topic, limit);
      return await sendJson(request, reply, { rows: dead.map((one) => ({ ...one, payload: jsonOf(one.payload) })) });
    },
  );

  api.get<{ Params: { id: string } }>(
    '/outbox/:id',
    {
      schema: {
        tags: ['outbox'],
        summary: 'one message with every attempt',
        params: { type: 'object', properties: { id: rowId } },
        response: answers('the object of `settle outbox show ID --json`'),
      },
    },
    async (request, reply) => {
      const found = await readHistory(database, BigInt(request.params.id));
      return await sendJson(request, reply, { ...found, payload: jsonOf(found.payload) });
    },
  );
}

function jsonOf(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return payload;
  }
}
