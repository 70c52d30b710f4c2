/** The HTTP service: routes, their documentation, errors, and how it begins and ends. */
import fastifySwagger from '@fastify/swagger';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { toSettleError } from '../database/errors.ts';
import { isSettleError } from '../errors.ts';
import { version } from '../version.ts';
import { guardAccess, secure } from './access.ts';
import { toJson } from './answer.ts';
import { answerClientError } from './client-error.ts';
import { problem, problemOf, sendProblem } from './problem.ts';
import { registerRoutes } from './routes/index.ts';
import type { ServerOptions } from './server-options.ts';

const BODY_BYTES_MAX = 1_048_576;
/** A client that sends its headers and body more slowly is let go. */
const REQUEST_MS_MAX = 10_000;
const IDLE_MS_MAX = 65_000;
/** Node.js by itself looks for such clients every 30 s, and waits for headers for a minute. */
const slowness = { connectionsCheckingInterval: 1_000, headersTimeout: REQUEST_MS_MAX, requestTimeout: REQUEST_MS_MAX };

/** The service, not listening yet. Closing it waits for the answers that are on their way. */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const { logger, tls } = options;
  const app: FastifyInstance = Fastify({
    loggerInstance: logger as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_MS_MAX,
    connectionTimeout: REQUEST_MS_MAX,
    keepAliveTimeout: IDLE_MS_MAX,
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    trustProxy: false,
    ...(tls === undefined ? { http: slowness } : { https: { ...tls, ...slowness } }),
    // An address that cannot be read comes to no hook and no handler.
    frameworkErrors: (error, _request, reply) => {
      secure(reply);
      void sendProblem(reply, problemOf(error));
    },
    clientErrorHandler: answerClientError,
    ajv: { customOptions: { coerceTypes: true, removeAdditional: false, allErrors: false } },
  });
  app.setSerializerCompiler(() => toJson);
  app.setReplySerializer((payload) => toJson(payload));
  app.setErrorHandler(async (error, request, reply) => {
    const known =
      isSettleError(error) || (error as { statusCode?: number }).statusCode !== undefined
        ? error
        : toSettleError(error);
    const found = problemOf(known);
    const url = request.url.split('?', 1)[0];
    if (isHangUp(error) && request.raw.socket.destroyed) request.log.debug({ url }, 'the client hung up');
    else if (found.status >= 500) request.log.error({ err: error, url }, 'request failed');
    return await sendProblem(reply, found);
  });
  app.setNotFoundHandler(async (request, reply) => {
    return await sendProblem(
      reply,
      problem(404, `there is nothing at ${request.method} ${request.url.split('?', 1)[0]}`, {
        hint: '/openapi.json lists what there is',
      }),
    );
  });
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'settle', version: version(), description: 'What settle has computed, and how its runs go.' },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    },
  });
  guardAccess(app, options);
  await registerRoutes(app, options);
  return app;
}

/** What Node tells of a request whose client has closed the connection: no fault of the service. */
function isHangUp(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  return code === 'ECONNRESET' && message === 'aborted';
}
