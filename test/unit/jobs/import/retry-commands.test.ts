/** What is printed under `next` after an import that failed for its file, by what is stored of the failure. */
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { JobParameters } from '../../../../src/engine/parameters.ts';
import { openLine } from '../../../../src/jobs/import/last-line.ts';
import { invalidEncoding, malformed } from '../../../../src/jobs/import/malformed.ts';
import { retryCommands } from '../../../../src/jobs/import/retry-commands.ts';
import { requireRepeatable } from '../../../../src/jobs/import/same-content.ts';

const parameters = { file: 'b.csv', path: '/data/b.csv', zone: 'Asia/Seoul', 'allow-repeat': 'false' };
const AGAIN = 'settle import views /data/b.csv --zone Asia/Seoul';

function messageOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('nothing was refused');
}

const repeat = messageOf(() => {
  const file = { name: 'file', type: 'string', value: 'b.csv', identifying: true } as const;
  requireRepeatable(
    { execution: 37, file: 'd (1), and.csv' },
    new JobParameters([file]),
    false,
    pino({ level: 'silent' }),
  );
});

describe('after a failed import', () => {
  test.each([
    {
      exitMessage: repeat,
      next: ['settle show 37   (what is there)', `${AGAIN} --allow-repeat   (writes the rows once more)`],
    },
    {
      exitMessage: openLine('b.csv', 9).message,
      next: [`${AGAIN}   (the file corrected)`, `${AGAIN} --allow-partial-last-line   (its last line is whole)`],
    },
    {
      exitMessage: invalidEncoding('b.csv', 2, 'UTF-8').message,
      next: [`${AGAIN}   (the file corrected, or with the --encoding that it is written in)`],
    },
    {
      exitMessage: malformed('b.csv', 3, 'video_id "x" is not a whole number').message,
      next: [`${AGAIN}   (the file corrected)`],
    },
    { exitMessage: malformed('b.csv', undefined, 'it is empty').message, next: [`${AGAIN}   (the file corrected)`] },
    {
      exitMessage: 'view_log.region is NOT NULL and has no default, and a file has nothing for it',
      next: [`${AGAIN}   (the table corrected)`],
    },
    {
      exitMessage: '/data/b.csv has changed since this import was started',
      next: [`${AGAIN}   (the file as it is now)`],
    },
    { exitMessage: 'the connection to the database was lost: it is gone', next: undefined },
  ])('$exitMessage', ({ exitMessage, next }) => {
    expect(retryCommands('views', parameters, { exitMessage, isOnlyChecked: true })).toEqual(next);
  });

  test('what was given is given again, with every option that changes what is read', () => {
    const given = { file: 'o.csv', path: '/data/o.csv', 'amount-unit': 'minor', null: '["-"]', map: 'id=no' };
    const [next] = retryCommands('payment-orders', given, { exitMessage: 'o.csv line 2: no', isOnlyChecked: false })!;
    expect(next).toBe(
      'settle import payment-orders /data/o.csv --map id=no --amount-unit minor --null -   (the file corrected)',
    );
  });
});
