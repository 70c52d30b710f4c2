/** The parts of the read cache, each by itself. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Breaker } from '../../../../src/redis/breaker.ts';
import { MemoryAnswers } from '../../../../src/serve/cache/memory-answers.ts';
import { questionKey } from '../../../../src/serve/cache/question-key.ts';
import { type Question, ReadAnswers } from '../../../../src/serve/cache/read-answers.ts';
import { RevisionView } from '../../../../src/serve/cache/revision-view.ts';
import { Revisions } from '../../../../src/serve/cache/revisions.ts';
import { type AnswerStore, SharedAnswers } from '../../../../src/serve/cache/shared-answers.ts';
import { answerOf, decodeAnswer, encodeAnswer } from '../../../../src/serve/cache/stored-answer.ts';

const answer = (text: string) => answerOf('text/plain', text);
const HEAD = { identity: 'a', revision: 3n };

describe('a breaker', () => {
  test('opens after failures in a row, lets one probe through, and waits twice as long after a failed one', () => {
    let now = 0;
    const breaker = new Breaker({ failuresMax: 3, firstWaitMs: 10, waitMsMax: 25, now: () => now });
    breaker.fail();
    breaker.fail();
    breaker.succeed();
    breaker.fail();
    breaker.fail();
    expect([breaker.state, breaker.allows()]).toEqual(['closed', true]);
    breaker.fail();
    expect([breaker.state, breaker.allows()]).toEqual(['open', false]);
    // What was asked before says nothing of now.
    breaker.succeed();
    breaker.fail();
    now = 10;
    expect([breaker.allows(), breaker.state, breaker.allows()]).toEqual([true, 'half-open', false]);
    breaker.fail();
    now = 29;
    expect(breaker.allows()).toBe(false);
    now = 30;
    expect(breaker.allows()).toBe(true);
    breaker.fail();
    now = 55;
    expect(breaker.allows()).toBe(true);
    breaker.succeed();
    expect([breaker.state, breaker.allows()]).toEqual(['closed', true]);
  });
});

describe('answers in memory', () => {
  test('never take more bytes than they may; the one that was used last stays', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(20), fc.nat(4_000)), { maxLength: 200 }), (sets) => {
        const memory = new MemoryAnswers(10_000, 1_000);
        for (const [key, length] of sets) {
          memory.set(`k${key}`, { label: 'l', answer: answer('x'.repeat(length)) });
          expect(memory.bytes).toBeLessThanOrEqual(10_000);
          if (length < 2_000) expect(memory.get(`k${key}`, 'l')?.body.length).toBe(length);
        }
        for (let key = 0; key <= 20; key++) memory.delete(`k${key}`);
        expect([memory.bytes, memory.size]).toEqual([0, 0]);
      }),
    );
  });

  test('count under their label alone, and for a time', () => {
    let now = 0;
    const memory = new MemoryAnswers(10_000, 100, () => now);
    memory.set('k', { label: 'a/1', answer: answer('one') });
    expect(memory.get('k', 'a/2')).toBeUndefined();
    expect(memory.get('k', 'a/1')?.body.toString()).toBe('one');
    now = 100;
    expect(memory.get('k', 'a/1')).toBeUndefined();
  });
});

test('what a cache gives back is taken for what was put there under this key, and whole', () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(), fc.nat(255), (text, at, byte) => {
      const bytes = encodeAnswer('key', { label: 'a/1', answer: answer(text) });
      expect(decodeAnswer('key', bytes)).toEqual({ label: 'a/1', answer: answer(text) });
      expect(decodeAnswer('other', bytes)).toBeUndefined();
      expect(decodeAnswer('key', bytes.subarray(0, at % bytes.length))).toBeUndefined();
      const body = bytes.length - Buffer.byteLength(text);
      if (text === '') return;
      const changed = Buffer.from(bytes);
      changed[body + (at % (bytes.length - body))] ^= byte || 1;
      expect(decodeAnswer('key', changed)).toBeUndefined();
    }),
  );
});

test('two questions have two keys, and the order of parameters makes no difference', () => {
  const parameters = fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.oneof(fc.string(), fc.integer()));
  fc.assert(
    fc.property(parameters, parameters, (one, other) => {
      const text = (values: object) =>
        JSON.stringify(
          Object.entries(values)
            .map(([n, v]) => [n, String(v)])
            .sort(),
        );
      expect(questionKey('r', one) === questionKey('r', other)).toBe(text(one) === text(other));
      expect(questionKey('r', Object.fromEntries(Object.entries(one).reverse()))).toBe(questionKey('r', one));
    }),
  );
});

test('a scope is as new as the newest of its dates, of its subject', () => {
  const row = (subject: string, date: string, revision: bigint) => ({ subject, date, revision });
  const view = new RevisionView(HEAD, [
    row('statistics', '2026-11-01', 5n),
    row('statistics', '2026-11-30', 9n),
    row('ranking', '2026-11-15', 7n),
  ]);
  const of = (subject: 'statistics' | 'ranking' | 'popular', from: string, to: string) =>
    view.revisionOf({ subject, from, to });
  expect(of('statistics', '2026-11-01', '2026-11-29')).toBe(5n);
  expect(of('statistics', '2026-11-01', '2026-11-30')).toBe(9n);
  expect(of('ranking', '2026-11-01', '2026-11-30')).toBe(7n);
  expect(of('popular', '2026-11-01', '2026-11-30')).toBe(0n);
  expect(view.labelOf({ subject: 'ranking', from: '2026-11-15', to: '2026-11-15' })).toBe('a/7');
});

test('a thousand who ask at once share one look at the database, and one reading of what they ask', async () => {
  let looks = 0;
  let reads = 0;
  const revisions = new Revisions({
    head: async () => {
      looks++;
      return HEAD;
    },
    list: async () => [],
  });
  const readOnce = async () => {
    reads++;
    await new Promise((resolve) => setImmediate(resolve));
    return answer('rows');
  };
  const answers = new ReadAnswers({
    strategy: 'evict',
    revisions,
    source: { hasReplicas: false, read: readOnce, readPrimary: readOnce },
    memory: new MemoryAnswers(10_000, 1_000),
  });
  const question: Question = {
    key: 'k',
    scope: { subject: 'statistics', from: '2026-11-01', to: '2026-11-01' },
    answer: readOnce,
  };
  const all = await Promise.all(Array.from({ length: 1_000 }, () => answers.get(question)));
  expect(new Set(all).size).toBe(1);
  expect([looks, reads]).toEqual([1, 1]);
});

test('update reads again what was asked for; evict removes it; neither touches what has not changed', async () => {
  for (const strategy of ['update', 'evict'] as const) {
    let revision = 1n;
    const revisions = new Revisions({
      head: async () => ({ identity: 'a', revision }),
      list: async () => [{ subject: 'statistics', date: '2026-11-01', revision }],
    });
    const read: string[] = [];
    const memory = new MemoryAnswers(100_000, 60_000);
    const source = {
      hasReplicas: false,
      read: async (_view: unknown, { key }: Question) => {
        read.push(key);
        return answer(`${key} at ${revision}`);
      },
      readPrimary: () => Promise.reject(new Error('not asked')),
    };
    const answers = new ReadAnswers({ strategy, revisions, source, memory });
    const questions = ['2026-11-01', '2026-11-02'].map(
      (date): Question => ({
        key: date,
        scope: { subject: 'statistics', from: date, to: date },
        answer: () => Promise.reject(new Error('not asked')),
      }),
    );
    for (const question of questions) await answers.get(question);
    revision = 2n;
    const view = await revisions.current();
    await answers.rewriting;
    const labels = questions.map(({ scope }) => view!.labelOf(scope));
    expect(labels).toEqual(['a/2', 'a/0']);
    expect(memory.get('2026-11-01', 'a/2')?.body.toString()).toBe(
      strategy === 'update' ? '2026-11-01 at 2' : undefined,
    );
    expect(memory.get('2026-11-02', 'a/0')?.body.toString()).toBe('2026-11-02 at 1');
    expect(read).toEqual(['2026-11-01', '2026-11-02', ...(strategy === 'update' ? ['2026-11-01'] : [])]);
  }
});

test('a cache that never answers costs its limit a few times, and then nothing', async () => {
  const store: AnswerStore = {
    get: () => new Promise(() => {}),
    set: () => new Promise(() => {}),
    removeOther: () => new Promise(() => {}),
    close: () => {},
  };
  const noted: string[] = [];
  const shared = new SharedAnswers(store, (result) => noted.push(result));
  for (let n = 0; n < 5; n++) expect(await shared.get('k', 'l')).toBeUndefined();
  expect(shared.breaker.state).toBe('open');
  await Promise.all(Array.from({ length: 1_000 }, () => shared.get('k', 'l')));
  expect(new Set(noted)).toEqual(new Set(['passed_by']));
});
