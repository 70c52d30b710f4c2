/** Definitions that the engine could not keep are refused before they run. */
import { expect, test } from 'vitest';
import type { JobDefinition } from '../../../src/engine/job.ts';
import { requireValidJob } from '../../../src/engine/validate-job.ts';

const step = { kind: 'tasklet', name: 'one', run: async () => undefined } as const;
const parameter = { name: 'a', type: 'string', identifying: true, required: false, description: '' } as const;
const job: JobDefinition = { name: 'a-job', description: '', parameters: [parameter], steps: [step] };

test.each<[string, Partial<JobDefinition>]>([
  ['a name with blanks', { name: 'a job' }],
  ['a name that is too long', { name: 'a'.repeat(101) }],
  ['no step', { steps: [] }],
  ['a step name with a colon', { steps: [{ ...step, name: 'one:1' }] }],
  ['a step name twice', { steps: [step, step] }],
  ['a split with a step of the same name', { steps: [step, { kind: 'split', name: 'both', flows: [[step]] }] }],
  ['a split without steps', { steps: [{ kind: 'split', name: 'both', flows: [] }] }],
  ['a decision within a split', { steps: [{ kind: 'split', name: 'both', flows: [[{ ...step, next: [] }]] }] }],
  ['a decision that leads nowhere', { steps: [{ ...step, next: [{ on: '*', to: 'two' }] }] }],
  ['a decision that leads back', { steps: [step, { ...step, name: 'two', next: [{ on: '*', to: step.name }] }] }],
  ['a count by a step that is none', { countedStep: 'two' }],
  ['a parameter twice', { parameters: [parameter, parameter] }],
  ['a parameter of the engine', { parameters: [{ ...parameter, name: 'revision' }] }],
])('%s', (_name, change) => {
  expect(() => requireValidJob(job)).not.toThrow();
  expect(() => requireValidJob({ ...job, ...change })).toThrow('is wrong');
});
