/** Runs: the rows of `settle runs`, `settle show` and `settle skipped`. */
import type { FastifyInstance } from 'fastify';
import { readExecutionView } from '../../cli/execution-view.ts';
import { skippedRecords } from '../../cli/output/skipped-json.ts';
import { readProgressView } from '../../cli/progress-view.ts';
import { readRunRows } from '../../cli/run-rows.ts';
import { readSkippedView } from '../../cli/skipped-view.ts';
import { type ExecutionFilter, getJobExecution, listJobExecutions } from '../../repository/job-execution.ts';
import type { BatchStatus } from '../../repository/types.ts';
import { type ComparedPrediction, comparePrediction } from '../../steps/predict-cost.ts';
import { sendJson } from '../answer.ts';
import { problem, sendProblem } from '../problem.ts';
import type { ServerOptions } from '../server-options.ts';
import { answers, dateSchema } from './schema.ts';

const STATUSES = ['STARTING', 'STARTED', 'STOPPING', 'STOPPED', 'FAILED', 'COMPLETED', 'ABANDONED'] as const;
const executionId = { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER } as const;
const params = { type: 'object', properties: { id: executionId } } as const;

interface Query {
  readonly job?: string;
  readonly status?: BatchStatus;
  readonly date?: string;
  readonly before?: number;
  readonly limit: number;
}

export function registerRuns(api: FastifyInstance, { database, registry }: ServerOptions): void {
  api.get<{ Querystring: Query }>(
    '/runs',
    {
      schema: {
        tags: ['runs'],
        summary: 'executions, newest first, in pages',
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: {
            job: { type: 'string', maxLength: 100 },
            status: { type: 'string', enum: [...STATUSES] },
            date: dateSchema,
            before: { ...executionId, description: 'the page before this execution' },
            limit: { type: 'integer', minimum: 1, maximum: 500, default: 50 },
          },
        },
        response: answers('rows, and `next`'),
      },
    },
    async (request, reply) => {
      const { job, status, date, before, limit } = request.query;
      const filter: ExecutionFilter = {
        job,
        status,
        before,
        parameter: date === undefined ? undefined : { name: 'date', value: date },
        limit,
      };
      const rows = await readRunRows({ database, registry }, await listJobExecutions(database, filter), new Date());
      return await sendJson(request, reply, { rows, next: rows.length === limit ? rows.at(-1)?.id : null });
    },
  );

  api.get<{ Params: { id: number } }>(
    '/runs/:id',
    {
      schema: {
        tags: ['runs'],
        summary: 'one execution with its steps, partitions, counts and what to do next',
        params,
        response: answers('the same object as `settle show --json`'),
      },
    },
    async (request, reply) => {
      const execution = await getJobExecution(database, request.params.id);
      if (execution === undefined)
        return await sendProblem(reply, problem(404, `there is no execution ${request.params.id}`));
      const { view } = await readExecutionView({ database, registry }, execution, new Date());
      return await sendJson(request, reply, view);
    },
  );

  api.get<{ Params: { id: number } }>(
    '/runs/:id/progress',
    {
      schema: {
        tags: ['runs'],
        summary:
          'what a run measured: rows over time of its steps (at most 120 points each), and who worked on its partitions',
        params,
        response: answers('steps, and attempts of partitions over all executions of the instance'),
      },
    },
    async (request, reply) => {
      const execution = await getJobExecution(database, request.params.id);
      if (execution === undefined)
        return await sendProblem(reply, problem(404, `there is no execution ${request.params.id}`));
      return await sendJson(request, reply, await readProgressView({ database }, execution));
    },
  );

  api.get<{ Params: { id: number } }>(
    '/runs/:id/prediction',
    {
      schema: {
        tags: ['runs'],
        summary: 'what a completed run took, beside what a dry run right before it would have predicted',
        params,
        response: answers('milliseconds, in all and by step; `predicted` is null where nothing can be said'),
      },
    },
    async (request, reply) => {
      const execution = await getJobExecution(database, request.params.id);
      if (execution === undefined)
        return await sendProblem(reply, problem(404, `there is no execution ${request.params.id}`));
      const job = await registry.jobNamed(execution.jobName);
      const compared = job && (await comparePrediction(database, job, execution));
      return await sendJson(request, reply, predictionView(compared));
    },
  );

  api.get<{ Params: { id: number }; Querystring: { limit: number } }>(
    '/runs/:id/skipped',
    {
      schema: {
        tags: ['runs'],
        summary: 'the records that an execution set aside, by reason and one by one',
        params,
        querystring: {
          type: 'object',
          additionalProperties: false,
          properties: { limit: { type: 'integer', minimum: 1, maximum: 10_000, default: 100 } },
        },
        response: answers('reasons, records, their number, and the command that tries them again'),
      },
    },
    async (request, reply) => {
      const execution = await getJobExecution(database, request.params.id);
      if (execution === undefined)
        return await sendProblem(reply, problem(404, `there is no execution ${request.params.id}`));
      const view = await readSkippedView({ database, registry }, execution, request.query.limit);
      const { reasons, total, next, replacedBy } = view;
      return await sendJson(request, reply, { reasons, total, records: skippedRecords(view), replacedBy, next });
    },
  );
}

function predictionView(compared: ComparedPrediction | undefined): object {
  if (compared === undefined) return { predicted: null };
  const { predicted, took } = compared;
  const { ms, fromMs, toMs, memoryMb, basis } = predicted;
  return {
    predicted: { ms, fromMs, toMs, memoryMb, runs: basis.length },
    took: { ms: took.ms, memoryMb: took.peakMb, workers: took.workers },
    steps: Object.entries(predicted.steps).map(([name, of]) => ({
      name,
      predictedMs: of,
      tookMs: took.steps[name]?.ms ?? null,
    })),
  };
}
