import { describe, expect, test } from 'vitest';
import type { Answer } from '../../../../src/jobs/outbox/rules/deliver.ts';
import { deliverToEach } from '../../../../src/jobs/outbox/rules/fan-out.ts';
import { unregisteredOf, userOf } from '../../../../src/jobs/outbox/rules/recipients.ts';

const message = { id: 1n, topic: 't', key: 'k', payload: '{}', createdAt: '2026-01-01T00:00:00.000Z' };
const answers = {
  sent: { kind: 'sent', text: 'ok' },
  failed: { kind: 'failed', text: 'no', retryAfterMs: 7 },
  never: { kind: 'never', text: 'gone' },
  away: { kind: 'unavailable', text: 'away', retryAfterMs: 5 },
} as const satisfies Record<string, Answer>;

async function fateOf(kinds: readonly (keyof typeof answers)[], takenBy = 0) {
  const asked: string[] = [];
  const targets = kinds.map((kind, at) => ({
    name: `sink${at}`,
    send: async () => {
      asked.push(`sink${at}`);
      return answers[kind];
    },
  }));
  const { outcomes, pauses } = await deliverToEach([message], targets, () => takenBy);
  return { ...outcomes[0], asked: asked.join(), pauses: pauses.length };
}

describe('what becomes of a message that goes to several sinks', () => {
  test.each([
    [['sent', 'sent'], { fate: { kind: 'sent', text: 'sink0: ok; sink1: ok' }, takenBy: 3 }],
    [['sent', 'failed'], { fate: { kind: 'failed', text: 'sink1: no', retryAfterMs: 7 }, takenBy: 1 }],
    [['never', 'failed'], { fate: { kind: 'failed', text: 'sink1: no', retryAfterMs: 7 }, takenBy: 0 }],
    [['never', 'sent'], { fate: { kind: 'never', text: 'sink0: gone' }, takenBy: 2 }],
    [['away', 'sent'], { fate: { kind: 'untouched' }, takenBy: 2, pauses: 1 }],
    [['never', 'away'], { fate: { kind: 'untouched' }, takenBy: 0, pauses: 1 }],
    [['never'], { fate: { kind: 'never', text: 'gone' }, takenBy: 0 }],
  ] as const)('%j', async (kinds, expected) => {
    expect(await fateOf(kinds)).toMatchObject(expected);
  });

  test('who has it is not asked again', async () => {
    expect(await fateOf(['failed', 'sent'], 1)).toMatchObject({ fate: { kind: 'sent' }, takenBy: 3, asked: 'sink1' });
  });
});

test('a payload names its user by a number or by digits, and an answer tokens by a list', () => {
  expect(['{"userId":7}', '{"userId":"9007199254740993"}'].map(userOf)).toEqual([7n, 9007199254740993n]);
  for (const payload of ['', 'null', '7', '{"userId":9007199254740993}', '{"userId":"x"}', '{"userId":1.5}', '[]'])
    expect(userOf(payload), payload).toBeUndefined();
  expect(unregisteredOf('{"unregistered":["a",7,"b"]}')).toEqual(['a', 'b']);
  for (const answer of ['', 'OK', '[]', 'null', '{"unregistered":"a"}']) expect(unregisteredOf(answer)).toEqual([]);
});
