/** Parameters as users type them. */
import { describe, expect, test } from 'vitest';
import type { JobDefinition } from '../../../src/engine/job.ts';
import { parseParameters } from '../../../src/engine/parse-parameters.ts';

const job: JobDefinition = {
  name: 'some-job',
  description: 'a job',
  steps: [],
  parameters: [
    { name: 'date', type: 'date', identifying: true, required: true, description: 'the date', example: '2024-01-31' },
    { name: 'zone', type: 'string', identifying: true, required: false, default: 'Asia/Seoul', description: 'zone' },
    {
      name: 'top',
      type: 'long',
      identifying: false,
      required: false,
      description: 'places',
      validate: (text) => (BigInt(text) > 100n ? 'at most 100' : undefined),
    },
    { name: 'share', type: 'double', identifying: false, required: false, description: 'a part' },
  ],
};

describe('parseParameters', () => {
  test('takes canonical texts, adds defaults, leaves out what is absent', () => {
    const parameters = parseParameters(job, { date: ' 2024-02-29 ', top: '+007', share: '.5' });
    expect(parameters.all.map(({ name, value }) => [name, value])).toEqual([
      ['date', '2024-02-29'],
      ['share', '0.5'],
      ['top', '7'],
      ['zone', 'Asia/Seoul'],
    ]);
  });

  test.each<[Record<string, string>, string, string?]>([
    [{}, 'job some-job needs the parameter date, for example date=2024-01-31', 'the date'],
    [{ date: '2023-02-29' }, 'date: "2023-02-29" is not a calendar date (YYYY-MM-DD), for example 2024-01-31'],
    [{ date: '2024-1-1' }, 'date: "2024-1-1" is not a calendar date (YYYY-MM-DD), for example 2024-01-31'],
    [{ date: '2024-04-31' }, 'date: "2024-04-31" is not a calendar date (YYYY-MM-DD), for example 2024-01-31'],
    [{ date: '2024-01-01', top: '1.5' }, 'top: "1.5" is not a whole number of 64 bits'],
    [{ date: '2024-01-01', top: '9223372036854775808' }, 'top: "9223372036854775808" is not a whole number of 64 bits'],
    [{ date: '2024-01-01', top: '101' }, 'top: at most 100'],
    [{ date: '2024-01-01', share: 'NaN' }, 'share: "NaN" is not a number'],
    [{ date: '2024-01-01', share: '1e999' }, 'share: "1e999" is not a number'],
    [
      { date: '2024-01-01', zoen: 'UTC' },
      'job some-job has no parameter zoen; it takes date, zone, top, share',
      'did you mean zone?',
    ],
    [{ date: '2024-01-01', qwerty: '1' }, 'job some-job has no parameter qwerty; it takes date, zone, top, share'],
    [{ date: '2024-01-01', revision: '2' }, 'job some-job has no parameter revision; it takes date, zone, top, share'],
  ])('refuses %j', (raw, message, hint) => {
    expect(() => parseParameters(job, raw)).toThrow(expect.objectContaining({ message, hint, exitCode: 2 }));
  });
});
