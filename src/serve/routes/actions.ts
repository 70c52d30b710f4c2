/** Actions, with a token: what the command line does, with its refusals, and a line in the audit for each. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { environment } from '../../environment.ts';
import { ExitCode } from '../../errors.ts';
import { type ActionOutcome, ActionProcesses } from '../action-process.ts';
import { sendJson } from '../answer.ts';
import { listAudit, noteAsked, noteEnded } from '../audit.ts';
import { problem, sendProblem } from '../problem.ts';
import type { ServerOptions } from '../server-options.ts';
import { answers, dateSchema } from './schema.ts';

/** A refusal comes within this time; what takes longer is under way, and its client looks at the runs. */
const REFUSAL_MS = 3_000;
/** Actions side by side. */
const RUNNING_MAX = 8;
/** 3: completed with skipped records; 4: complete, but rows arrived since. */
const SUCCESSES: readonly number[] = [ExitCode.completed, ExitCode.completedWithSkips, ExitCode.outdated];
/** A run that somebody stops while its start is still waited for: what was asked for has begun, and is no refusal. */
const STOPPED: readonly number[] = [ExitCode.interrupted, ExitCode.terminated];

const id = { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER } as const;
/** Names and values of job parameters: no flag of the command line can be made of them. */
const parameters = {
  type: 'object',
  maxProperties: 20,
  propertyNames: { pattern: '^[a-z][a-z0-9-]{0,60}$' },
  additionalProperties: { type: 'string', maxLength: 1_000 },
} as const;
const job = { type: 'string', pattern: '^[a-z][a-z0-9-]{0,99}$' } as const;

/** What a request of an action holds, checked by the schema of its body. */
interface ActionBody {
  readonly job?: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly id?: number;
  readonly date?: string;
}

/** Path below /actions -> the body that it takes, and the words of the command line that it becomes. */
const ACTIONS: readonly Action[] = [
  {
    name: 'run',
    summary: 'start a job',
    body: { job, parameters },
    required: ['job'],
    words: runWords,
  },
  {
    name: 'rerun',
    summary: 'compute a completed instance again, as its next revision',
    body: { job, parameters },
    required: ['job'],
    words: (body) => [...runWords(body), '--rerun'],
  },
  {
    name: 'stop',
    summary: 'ask a run to stop after its chunk',
    body: { id },
    required: ['id'],
    words: ({ id: of }) => ['stop', String(of)],
  },
  {
    name: 'restart',
    summary: 'go on with a run that failed or was stopped',
    body: { id },
    required: ['id'],
    words: ({ id: of }) => ['restart', String(of)],
  },
  {
    name: 'replay',
    summary: 'give the skipped records of a run another try',
    body: { id },
    required: ['id'],
    words: ({ id: of }) => ['replay', String(of)],
  },
  {
    name: 'close',
    summary: 'close a date for good',
    body: { date: dateSchema },
    required: ['date'],
    words: ({ date }) => ['close', '--date', String(date)],
  },
  { name: 'recover', summary: 'free runs whose owner is gone', body: {}, required: [], words: () => ['recover'] },
];

interface Action {
  readonly name: string;
  readonly summary: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly required: readonly string[];
  words(body: ActionBody): string[];
}

function runWords({ job: name = '', parameters: given = {} }: ActionBody): string[] {
  const { date, zone, ...others } = given;
  const known = Object.entries({ date, zone }).flatMap(([key, value]) =>
    value === undefined ? [] : [`--${key}=${value}`],
  );
  return ['run', name, ...known, ...Object.entries(others).map(([key, value]) => `--param=${key}=${value}`), '--json'];
}

export function registerActions(api: FastifyInstance, { database, settleCommand }: ServerOptions): void {
  const processes = new ActionProcesses(settleCommand, { ...environment() });
  api.addHook('onClose', async () => await processes.stopAll());
  for (const { name, summary, body, required, words } of ACTIONS) {
    api.post<{ Body: ActionBody }>(
      `/actions/${name}`,
      {
        schema: {
          tags: ['actions'],
          summary,
          security: [{ token: [] }],
          body: { type: 'object', additionalProperties: false, required: [...required], properties: body },
          response: answers('it is done, or under way: `running` tells', {
            202: { description: 'under way', type: 'object', additionalProperties: true },
          }),
        },
      },
      async (request, reply) => {
        if (processes.running >= RUNNING_MAX)
          return await sendProblem(reply, problem(429, `${RUNNING_MAX} actions are under way`));
        const args = words(request.body ?? {});
        const audit = await noteAsked(database, { actor: actorOf(request), action: name, arguments: args });
        request.log.info({ action: name, arguments: args, audit }, 'action asked for');
        const ending = processes.start(args).then(async (outcome) => {
          await noteEnded(database, audit, outcome.exitCode, outcome.message).catch((error: unknown) =>
            request.log.error({ err: error }, 'audit not written'),
          );
          return outcome;
        });
        const outcome = await Promise.race([ending, sleep(REFUSAL_MS, undefined, { ref: false })]);
        return await answer(reply, audit, outcome);
      },
    );
  }
  api.get<{ Querystring: { limit: number } }>(
    '/audit',
    {
      schema: {
        tags: ['actions'],
        summary: 'what was asked for, newest first',
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: { limit: { type: 'integer', minimum: 1, maximum: 1_000, default: 100 } },
        },
        response: answers('rows'),
      },
    },
    async (request, reply) => await sendJson(request, reply, { rows: await listAudit(database, request.query.limit) }),
  );
}

async function answer(reply: FastifyReply, audit: string, outcome: ActionOutcome | undefined): Promise<FastifyReply> {
  if (outcome === undefined) return await reply.code(202).send({ audit, running: true });
  const { exitCode, message } = outcome;
  if (SUCCESSES.includes(exitCode)) return await reply.code(200).send({ audit, running: false, exitCode, message });
  if (STOPPED.includes(exitCode))
    return await reply.code(200).send({ audit, running: false, exitCode, message: message || 'it was stopped' });
  const status = exitCode === ExitCode.usage ? 400 : exitCode === ExitCode.failed ? 500 : 409;
  return await sendProblem(reply, problem(status, message, { exitCode }));
}

function actorOf(request: FastifyRequest): string {
  const name = request.headers['x-settle-actor'];
  return typeof name === 'string' && /^[\p{L}\p{N} .@_-]{1,100}$/u.test(name) ? `${request.ip} ${name}` : request.ip;
}
