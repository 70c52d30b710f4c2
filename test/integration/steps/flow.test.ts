/** Flow as data: splits, decisions, ends; listeners; late binding. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JobDefinition } from '../../../src/engine/job.ts';
import { listStepExecutions } from '../../../src/repository/step-execution.ts';
import { jobStep } from '../../../src/steps/job-step.ts';
import { testDatabases } from '../../support/databases.ts';
import { type ItemsBench, itemsJob, itemsStep, openItemsBench, tasklet } from '../../support/items-job.ts';
import { numbers } from '../../support/toy/toy-job.ts';

describe.each(testDatabases())('flow on $name', ({ name }) => {
  let bench: ItemsBench;
  let runs: string[];
  beforeEach(async () => {
    runs = [];
    bench = await openItemsBench(name);
  });
  afterEach(() => bench.drop());

  const note = (step: string, exitStatus?: string) =>
    tasklet(step, async () => {
      runs.push(step);
      return { exitStatus };
    });
  const failing = (step: string) =>
    tasklet(step, async () => {
      runs.push(step);
      throw new Error(`${step} failed`);
    });
  const stepsOf = async (id: number) =>
    (await listStepExecutions(bench.database, id)).map(({ stepName, status, exitCode }) => [
      stepName,
      status,
      exitCode,
    ]);

  test('a decision on an exit status, and a conditional end', async () => {
    const next = [
      { on: 'NOTHING_TO_DO', to: 'end' },
      { on: 'URGENT', to: 'third' },
    ];
    const job = (status?: string) => itemsJob({ ...note('first', status), next }, note('second'), note('third'));
    const run = async (date: string, status?: string) => {
      runs.length = 0;
      return await bench.start(job(status), {}, { date });
    };
    await run('2024-01-01');
    expect(runs).toEqual(['first', 'second', 'third']);
    await run('2024-01-02', 'URGENT');
    expect(runs).toEqual(['first', 'third']);
    const ended = await run('2024-01-03', 'NOTHING_TO_DO');
    expect(runs).toEqual(['first']);
    expect(ended).toMatchObject({ outcome: 'completed', exitCode: 0 });
    expect(await stepsOf(ended.execution.id)).toEqual([['first', 'COMPLETED', 'NOTHING_TO_DO']]);
  });

  test('a decision that fails the job, and a restart that decides the same', async () => {
    const next = [{ on: '*', to: 'fail' }];
    const job = itemsJob({ ...note('check', 'UNBALANCED'), next }, note('never'));
    for (const _ of [1, 2]) {
      const failed = await bench.start(job);
      expect(failed).toMatchObject({ outcome: 'failed', error: { code: 'FLOW_FAILED' } });
    }
    expect(runs).toEqual(['check']);
  });

  test('a step that fails leads on where a transition names the failure, and a restart tries it again', async () => {
    const handled = (on: string, step: ReturnType<typeof tasklet>) =>
      itemsJob(
        { ...step, next: [{ on, to: 'alert' }] },
        { ...note('report'), next: [{ on: '*', to: 'end' }] },
        {
          ...note('alert'),
          next: [{ on: '*', to: 'fail', status: 'NOT_LOADED', message: 'the orders were not loaded' }],
        },
      );
    for (const on of ['FAILED', 'F?I*']) {
      runs.length = 0;
      const date = on === 'FAILED' ? '2024-01-01' : '2024-01-02';
      const failed = await bench.start(handled(on, failing('load')), {}, { date });
      expect(failed).toMatchObject({
        outcome: 'failed',
        error: { code: 'FLOW_FAILED', message: 'the orders were not loaded' },
        execution: { status: 'FAILED', exitCode: 'NOT_LOADED', exitMessage: 'the orders were not loaded' },
      });
      expect(runs).toEqual(['load', 'alert']);
      expect((await stepsOf(failed.execution.id)).map(([step, status]) => [step, status])).toEqual([
        ['load', 'FAILED'],
        ['alert', 'COMPLETED'],
      ]);
      runs.length = 0;
      expect(await bench.start(handled(on, note('load')), {}, { date })).toMatchObject({ outcome: 'completed' });
      expect(runs).toEqual(['load', 'report']);
    }
    // A failure that nobody has named is none that is passed over.
    const any = await bench.start(handled('*', failing('load')), {}, { date: '2024-01-03' });
    expect(any).toMatchObject({ outcome: 'failed', error: { message: 'step load: load failed' } });
  });

  test('a decision leads on by a pattern, and an end has a status of its own', async () => {
    const decided: string[] = [];
    const job = itemsJob(
      note('first', 'SAW_3_ROWS'),
      {
        kind: 'decision',
        name: 'enough',
        decide: ({ exitStatus, parameters }) => {
          decided.push(`${exitStatus} ${parameters.get('date')}`);
          return 'TOO_FEW';
        },
        next: [
          { on: 'TOO_?', to: 'fail' },
          { on: 'TOO_*', to: 'end', status: 'EMPTY' },
        ],
      },
      note('never'),
    );
    const ended = await bench.start(job);
    expect(ended).toMatchObject({ outcome: 'completed', execution: { status: 'COMPLETED', exitCode: 'EMPTY' } });
    expect([runs, decided]).toEqual([['first'], ['SAW_3_ROWS 2024-01-01']]);
    expect(await bench.start(job)).toMatchObject({ outcome: 'already-complete' });
  });

  test('a job that stops by its flow goes on where the flow says', async () => {
    const next = [{ on: 'ASK', to: 'stop', status: 'WAITS_FOR_A_PERSON', restartAt: 'third' }];
    const job = itemsJob({ ...note('first', 'ASK'), next }, note('second'), note('third'));
    const stopped = await bench.start(job);
    expect(stopped).toMatchObject({ outcome: 'stopped', execution: { exitCode: 'WAITS_FOR_A_PERSON' } });
    expect(await bench.start(job)).toMatchObject({ outcome: 'completed' });
    expect(runs).toEqual(['first', 'third']);
  });

  test('a job is a step of another one, and is continued with it', async () => {
    const inner = (last: ReturnType<typeof tasklet>): JobDefinition => ({
      ...itemsJob(note('inner-first'), last),
      name: 'inner',
    });
    const outer = (job: JobDefinition) =>
      itemsJob(jobStep({ job, parameters: ({ parameters }) => ({ date: parameters.require('date') }) }), note('after'));
    const failed = await bench.start(outer(inner(failing('inner-last'))));
    expect(failed).toMatchObject({ outcome: 'failed', error: { message: 'step inner-last: inner-last failed' } });
    expect(await bench.start(outer(inner(note('inner-last'))))).toMatchObject({ outcome: 'completed' });
    expect(runs).toEqual(['inner-first', 'inner-last', 'inner-last', 'after']);
  });

  test('a restart takes the same way as the run before it', async () => {
    const decide = { ...note('decide', 'LATER'), next: [{ on: 'LATER', to: 'later' }] };
    expect(await bench.start(itemsJob(decide, note('never'), failing('later')))).toMatchObject({ outcome: 'failed' });
    expect(await bench.start(itemsJob(decide, note('never'), note('later')))).toMatchObject({ outcome: 'completed' });
    expect(runs).toEqual(['decide', 'later', 'later']);
  });

  test('a split runs side by side; when one side fails, the other ends, and a restart does the rest', async () => {
    const meet = Promise.withResolvers<void>();
    const waits = tasklet('waits', async () => {
      await meet.promise;
      return undefined;
    });
    const meets = tasklet('meets', async () => {
      meet.resolve();
      return undefined;
    });
    const job = (last: ReturnType<typeof tasklet>): JobDefinition =>
      itemsJob(
        {
          kind: 'split',
          name: 'both',
          flows: [
            [waits, itemsStep()],
            [meets, last],
          ],
        },
        note('after'),
      );
    const first = await bench.start(job(failing('side')));
    expect(first).toMatchObject({ outcome: 'failed', error: { message: 'step side: side failed' } });
    expect(await bench.output()).toEqual(numbers(1, 5));
    expect(runs).toEqual(['side']);
    expect(await bench.start(job(note('side')))).toMatchObject({ outcome: 'completed' });
    expect(runs).toEqual(['side', 'side', 'after']);
    expect(await bench.output()).toEqual(numbers(1, 5));
  });

  test('a before-listener that fails, fails what was to begin', async () => {
    const fail = () => {
      throw new Error('not now');
    };
    for (const listeners of [{ beforeStep: fail }, { beforeChunk: fail }]) {
      const { execution } = await bench.start(itemsJob(itemsStep({ step: { listeners } })));
      expect(execution).toMatchObject({ status: 'FAILED', exitMessage: 'step copy: not now' });
      expect(await stepsOf(execution.id)).toEqual([['copy', 'FAILED', 'FAILED']]);
    }
    const { execution } = await bench.start({ ...itemsJob(itemsStep()), listeners: { beforeJob: fail } });
    expect(execution).toMatchObject({ status: 'FAILED', exitMessage: 'not now' });
    expect(await stepsOf(execution.id)).toEqual([]);
    expect(await bench.output()).toEqual([]);
  });

  test('an after-listener that fails changes nothing; each is told what it should be', async () => {
    const told: string[] = [];
    const tell = (text: string) => {
      told.push(text);
      throw new Error('ignored');
    };
    const step = itemsStep({
      step: {
        listeners: {
          beforeStep: ({ stepName }) => void told.push(`before ${stepName}`),
          beforeChunk: () => void told.push('chunk'),
          afterChunk: (_context, { writeCount }) => tell(`written ${writeCount}`),
          afterStep: (_context, { status }) => tell(`after ${status}`),
        },
      },
    });
    const listeners = {
      beforeJob: ({ jobName }: { jobName: string }) => void told.push(`before ${jobName}`),
      afterJob: (_event: unknown, { status }: { status: string }) => tell(`job ${status}`),
    };
    const result = await bench.start({ ...itemsJob(step), listeners });
    expect(result).toMatchObject({ outcome: 'completed', exitCode: 0 });
    expect(told).toEqual([
      'before items',
      'before copy',
      ...['chunk', 'written 2', 'chunk', 'written 4', 'chunk', 'written 5', 'chunk'],
      'after COMPLETED',
      'job COMPLETED',
    ]);
    told.length = 0;
    const failed = await bench.start({ ...itemsJob(failing('one')), listeners }, {}, { date: '2024-01-02' });
    expect(failed).toMatchObject({ outcome: 'failed', execution: { exitMessage: 'step one: one failed' } });
    expect(told).toEqual(['before items', 'job FAILED']);
  });

  test('late binding: a step takes values from parameters and from what earlier steps have left', async () => {
    const measure = tasklet('measure', async ({ jobContext }) => {
      jobContext.put('chunk', 5);
      return undefined;
    });
    const copy = itemsStep({ step: { bind: ({ jobContext }) => ({ chunkSize: Number(jobContext.get('chunk')) }) } });
    const { execution } = await bench.start(itemsJob(measure, copy));
    const [, row] = await listStepExecutions(bench.database, execution.id);
    expect(row).toMatchObject({ stepName: 'copy', readCount: 5, commitCount: 1 });
  });
});
