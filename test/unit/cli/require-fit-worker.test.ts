/** A worker with too little memory says so at its start, and how many threads would do. */
import { expect, test } from 'vitest';
import { memoryProblem } from '../../../src/cli/require-fit-worker.ts';

const neededMb = (threads: number) => 100 + 50 * threads;

test.each([
  [2, 200, undefined],
  [2, 199.9, { hint: '--threads 1, or more memory' }],
  [8, 300, { hint: '--threads 4, or more memory' }],
  [1, 149, { hint: 'give it more memory' }],
  [8, 149, { hint: 'give it more memory' }],
])('%i threads with %d MB', (threads, haveMb, problem) => {
  const found = memoryProblem('daily', neededMb, threads, haveMb);
  if (problem === undefined) expect(found).toBeUndefined();
  else expect(found).toMatchObject({ exitCode: 2, code: 'WORKER_UNFIT', ...problem });
});

test('it names the job, the need and what there is', () => {
  const { message } = memoryProblem('daily', neededMb, 8, 300.7)!;
  expect(message).toBe('daily needs about 500 MB with 8 threads, and this worker may take 300 MB');
});
