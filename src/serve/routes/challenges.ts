/** Challenges with their members and payouts: what `settle challenge show` and `settle explain payout` tell. */
import type { FastifyInstance } from 'fastify';
import { explainPayout } from '../../jobs/challenges/settlement/explain-payout.ts';
import { pageMemberViews, readChallenge } from '../../jobs/challenges/settlement/read-challenge.ts';
import { sendJson } from '../answer.ts';
import type { ServerOptions } from '../server-options.ts';
import { answers, idSchema } from './schema.ts';

export function registerChallenges(api: FastifyInstance, { database }: ServerOptions): void {
  api.get<{ Params: { id: string }; Querystring: { after?: string } }>(
    '/challenges/:id',
    {
      schema: {
        tags: ['money'],
        summary: 'a challenge: inputs, pot, fee, and its members in pages',
        params: { type: 'object', properties: { id: idSchema } },
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: { after: { ...idSchema, description: 'the page after this user id' } },
        },
        response: answers('the challenge, a page of its members, and `next`'),
      },
    },
    async (request, reply) => {
      const id = BigInt(request.params.id);
      const after = request.query.after === undefined ? undefined : BigInt(request.query.after);
      const challenge = await readChallenge(database, id);
      let members: Awaited<ReturnType<typeof pageMemberViews>> extends AsyncGenerator<infer P> ? P : never = [];
      let hasMore = false;
      for await (const page of pageMemberViews(database, id)) {
        const rest = after === undefined ? page : page.filter(({ userId }) => userId > after);
        if (members.length > 0) {
          hasMore = true;
          break;
        }
        members = rest;
      }
      return await sendJson(request, reply, {
        ...challenge,
        members,
        next: hasMore ? members.at(-1)?.userId.toString() : null,
      });
    },
  );

  api.get<{ Params: { id: string; user: string } }>(
    '/challenges/:id/users/:user/explanation',
    {
      schema: {
        tags: ['money'],
        summary: 'why a user got what out of a challenge',
        params: { type: 'object', properties: { id: idSchema, user: idSchema } },
        response: answers('the object that the command line prints'),
      },
    },
    async (request, reply) => {
      const { id, user } = request.params;
      return await sendJson(request, reply, await explainPayout(database, BigInt(id), BigInt(user)));
    },
  );
}
