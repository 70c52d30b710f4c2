/** `/healthz`: the process answers. `/readyz`: and the database does, with the schema of this version. */
import type { FastifyInstance } from 'fastify';
import { requireReadableSchema } from '../../database/migrate.ts';
import { problemOf, sendProblem } from '../problem.ts';
import type { ServerOptions } from '../server-options.ts';

const READY_MS_MAX = 2_000;

export function registerHealth(app: FastifyInstance, { database, registry }: ServerOptions): void {
  app.get('/healthz', { schema: { tags: ['health'], summary: 'the process answers' } }, async () => ({ status: 'ok' }));
  app.get(
    '/readyz',
    { schema: { tags: ['health'], summary: 'the database answers, with a schema that can be read' } },
    async (_request, reply) => {
      try {
        const migrationsMissing = await within(
          READY_MS_MAX,
          requireReadableSchema(database, await registry.options.migrations()),
        );
        return { status: 'ok', migrationsMissing };
      } catch (error) {
        return await sendProblem(reply, { ...problemOf(error), status: 503, title: 'Not available' });
      }
    },
  );
}

async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(Object.assign(new Error(`the database did not answer within ${ms} ms`), { statusCode: 503 })),
      ms,
    );
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    work.catch(() => {});
  }
}
