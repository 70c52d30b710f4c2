/** Server-sent events: one query a second for all open pages, and none while nobody looks. */
import type { ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { readRunRows } from '../../cli/run-rows.ts';
import { listJobExecutions } from '../../repository/job-execution.ts';
import { toJson } from '../answer.ts';
import { problem, sendProblem } from '../problem.ts';
import type { ServerOptions } from '../server-options.ts';

const LOOK_MS = 1_000;
const RUNS_SHOWN = 20;
const CLIENTS_MAX = 2_000;
/** A client that takes nothing for so long is let go. */
const BACKLOG_BYTES_MAX = 262_144;

export function registerEvents(api: FastifyInstance, { database, registry, logger }: ServerOptions): void {
  const clients = new Set<ServerResponse>();
  let last = '';
  let timer: NodeJS.Timeout | undefined;

  const look = async () => {
    try {
      const runs = await readRunRows(
        { database, registry },
        await listJobExecutions(database, { limit: RUNS_SHOWN }),
        new Date(),
      );
      const text = toJson(runs);
      if (text !== last) broadcast(`event: runs\ndata: ${text}\n\n`);
      else broadcast(': nothing new\n\n');
      last = text;
    } catch (error) {
      logger.warn({ err: error }, 'the runs could not be read');
      broadcast('event: unavailable\ndata: {}\n\n');
      last = '';
    }
    timer = clients.size === 0 ? undefined : setTimeout(look, LOOK_MS);
  };
  const broadcast = (text: string) => {
    for (const client of clients) {
      if (client.writableLength > BACKLOG_BYTES_MAX) client.destroy();
      else client.write(text);
    }
  };

  api.get(
    '/events',
    {
      schema: {
        tags: ['runs'],
        summary: 'the newest runs, sent again whenever one of them changes (text/event-stream)',
      },
    },
    async (_request, reply) => {
      if (clients.size >= CLIENTS_MAX) return await sendProblem(reply, problem(429, 'too many open pages'));
      const headers = reply.getHeaders();
      reply.hijack();
      const { raw } = reply;
      for (const [name, value] of Object.entries(headers)) if (value !== undefined) raw.setHeader(name, value);
      raw.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' });
      raw.write(last === '' ? ': welcome\n\n' : `event: runs\ndata: ${last}\n\n`);
      clients.add(raw);
      raw.on('close', () => clients.delete(raw));
      raw.on('error', () => clients.delete(raw));
      timer ??= setTimeout(look, 0);
    },
  );
  api.addHook('preClose', () => {
    clearTimeout(timer);
    for (const client of clients) client.end();
  });
}
