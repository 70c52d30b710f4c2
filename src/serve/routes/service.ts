/** What the page must know of the service before anything else. */
import type { FastifyInstance } from 'fastify';
import { version } from '../../version.ts';
import { sendJson } from '../answer.ts';
import type { ServerOptions } from '../server-options.ts';
import { answers } from './schema.ts';

export function registerService(api: FastifyInstance, { zone, token, isReadOnly }: ServerOptions): void {
  api.get(
    '/service',
    {
      schema: {
        tags: ['health'],
        summary: 'version, zone of business dates, and whether actions are taken',
        response: answers('an object'),
      },
    },
    async (request, reply) =>
      await sendJson(request, reply, { version: version(), zone, takesActions: token !== undefined && !isReadOnly }),
  );
}
