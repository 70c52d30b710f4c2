/** Views as they happen: `POST /views` takes batches, and what they were told is compared with the night. */
import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { shardSettings } from '../../jobs/views/log/log-settings.ts';
import { compareOnline, type OnlineComparison } from '../../jobs/views/online/compare-online.ts';
import { BodyProblem, parseJsonViews, parseNdjsonViews } from '../../jobs/views/online/posted-view.ts';
import { noViewCheck, RedisViewCheck } from '../../jobs/views/online/view-check.ts';
import { type BatchAnswer, type PostedBatch, VIEWS_MAX, ViewIntake } from '../../jobs/views/online/view-intake.ts';
import { parseBusinessDate } from '../../rules/business-time.ts';
import { sendJson } from '../answer.ts';
import { problem, sendProblem } from '../problem.ts';
import type { ServerOptions } from '../server-options.ts';
import { answers, dateSchema } from './schema.ts';

const BODY_BYTES_MAX = 1_048_576;
/** Bodies that are read or wait, together. */
const BODIES_BYTES_MAX = 64 * 1_048_576;
/** Visible ASCII; quotes may stand around it, as around a string of RFC 8941. */
const KEY = /^"?([\x21\x23-\x7e]{1,64})"?$/;
const integer = { type: ['integer', 'string'] } as const;

/** In openapi.json; the body is checked view by view. */
const body = {
  type: 'array',
  minItems: 1,
  maxItems: VIEWS_MAX,
  items: {
    type: 'object',
    required: ['video_id', 'viewer_id', 'viewed_at', 'play_seconds'],
    additionalProperties: false,
    properties: {
      video_id: { ...integer, description: '64 bits; as text beyond 2^53' },
      viewer_id: { ...integer, description: '64 bits; as text beyond 2^53' },
      viewed_at: { ...integer, description: 'ISO 8601, or milliseconds since 1970; without an offset in UTC' },
      play_seconds: integer,
      ad_views: { ...integer, description: '0 without it' },
    },
  },
} as const;

export async function registerViews(
  api: FastifyInstance,
  { database, logger, redisUrl }: ServerOptions,
): Promise<void> {
  const check = redisUrl === undefined ? noViewCheck : await RedisViewCheck.open(redisUrl);
  const intake = new ViewIntake(database, check, logger);
  const isCut = shardSettings().length > 0;
  api.addHook('onClose', async () => await intake.close());

  let bodiesBytes = 0;
  api.removeAllContentTypeParsers();
  for (const [type, parse] of [
    ['application/json', parseJsonViews],
    ['application/x-ndjson', parseNdjsonViews],
  ] as const) {
    api.addContentTypeParser(
      type,
      { parseAs: 'buffer', bodyLimit: BODY_BYTES_MAX },
      async (_request: FastifyRequest, bytes: Buffer) => {
        const digest = createHash('sha256').update(bytes).digest('hex');
        return { digest, views: parse(bytes.toString(), VIEWS_MAX) };
      },
    );
  }

  api.post<{ Body: Omit<PostedBatch, 'key'> }>(
    '/views',
    {
      schema: {
        tags: ['views'],
        summary: `take a batch of up to ${VIEWS_MAX} views, and tell of each whether it counts now`,
        description:
          'Acknowledged after the commit. Sent again with the same Idempotency-Key and body, it changes nothing and is told the same. ' +
          'A view is counted, repeat, self, unchecked (Redis did not answer; the night decides) or invalid (not taken, with a reason).',
        security: [{ token: [] }],
        consumes: ['application/json', 'application/x-ndjson'],
        headers: {
          type: 'object',
          required: ['idempotency-key'],
          properties: {
            'idempotency-key': { type: 'string', description: 'names the batch: 1 to 64 visible ASCII characters' },
          },
        },
        body,
        response: answers('the batch, counts by verdict, and a verdict a view in the order of the batch', {}),
      },
      validatorCompiler: () => () => true,
      errorHandler: async (error, _request, reply) => {
        if (error instanceof BodyProblem) return await sendProblem(reply, problem(400, error.message));
        throw error;
      },
      onRequest: async (request, reply) => {
        if (isCut) {
          const hint = 'write the views there; each night reads them';
          return await sendProblem(
            reply,
            problem(409, 'the view log lies on shards, which settle only reads', { hint }),
          );
        }
        if (keyOf(request) === undefined) {
          const hint =
            'send it as Idempotency-Key: 1 to 64 visible ASCII characters, the same when the batch is sent again';
          return await sendProblem(reply, problem(400, 'the key of the batch is missing, or too long', { hint }));
        }
        const bytes = Number(request.headers['content-length'] ?? BODY_BYTES_MAX);
        if (intake.isFull || bodiesBytes + bytes > BODIES_BYTES_MAX) {
          return await sendProblem(reply, problem(429, 'as many views wait to be written as may'));
        }
        if (bytes > BODY_BYTES_MAX) return undefined;
        bodiesBytes += bytes;
        reply.raw.once('close', () => {
          bodiesBytes -= bytes;
        });
        return undefined;
      },
    },
    async (request, reply) => {
      const answer = await intake.post({ key: keyOf(request)!, ...request.body });
      return await sendAnswer(reply, answer);
    },
  );

  let comparing: Promise<unknown> = Promise.resolve();
  api.get<{ Querystring: { date: string } }>(
    '/views/online',
    {
      schema: {
        tags: ['views'],
        summary: 'what the posted views of a date were told, beside what the night says of them',
        querystring: {
          type: 'object',
          required: ['date'],
          additionalProperties: false,
          properties: { date: dateSchema },
        },
        response: answers('counts by pairs of verdicts: the object that `settle views online --date D --json` prints'),
      },
    },
    async (request, reply) => {
      const date = parseBusinessDate(request.query.date);
      // A scan of the date: one at a time.
      const found: Promise<OnlineComparison> = comparing.then(async () => await compareOnline(database, date));
      comparing = found.catch(() => {});
      return await sendJson(request, reply, await found);
    },
  );
}

function keyOf(request: FastifyRequest): string | undefined {
  const key = request.headers['idempotency-key'];
  return typeof key === 'string' ? KEY.exec(key)?.[1] : undefined;
}

async function sendAnswer(
  reply: FastifyReply,
  { batch, isRepeated, counts, views }: BatchAnswer,
): Promise<FastifyReply> {
  if (isRepeated) reply.header('idempotent-replayed', 'true');
  return await reply.send({ batch, counts, views });
}
