/** The vectors of Spring Batch 6's job key. */
import { expect, test } from 'vitest';
import { jobKey } from '../../../src/engine/job-key.ts';
import { type JobParameter, JobParameters } from '../../../src/engine/parameters.ts';
import { withRevision } from '../../../src/engine/parse-parameters.ts';

const date: JobParameter = { name: 'date', type: 'string', value: '2024-01-01', identifying: true };

test.each<[string, JobParameter[], string]>([
  ['no identifying parameter', [{ ...date, identifying: false }], 'd41d8cd98f00b204e9800998ecf8427e'],
  ['a String', [date], 'd390f91b3a9c4cabfd328d25bd0486c0'],
  [
    'a String and a Long, whatever their order',
    [{ name: 'run.id', type: 'long', value: '1', identifying: true }, date],
    '91e8bd4312cb530504041d93d74a1fee',
  ],
  [
    'a LocalDate',
    [{ name: 'd', type: 'date', value: '2024-01-01', identifying: true }],
    '4e21efa65fc511aad71a74294698c9de',
  ],
  ['a Double', [{ name: 'a', type: 'double', value: '1.0', identifying: true }], '5abd32697747572c3041e554216cd441'],
])('%s', (_name, parameters, key) => {
  expect(jobKey(new JobParameters(parameters))).toBe(key);
});

test('a parameter that does not identify changes nothing', () => {
  const more: JobParameter = { name: 'ranking-size', type: 'long', value: '5', identifying: false };
  expect(jobKey(new JobParameters([date, more]))).toBe(jobKey(new JobParameters([date])));
});

test('a revision is another instance', () => {
  const first = new JobParameters([date]);
  const keys = [first, withRevision(first, 2), withRevision(first, 3)].map(jobKey);
  expect(new Set(keys).size).toBe(3);
  expect(jobKey(withRevision(withRevision(first, 2), 3))).toBe(keys[2]);
});
