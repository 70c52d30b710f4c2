import { expect, test } from 'vitest';
import { Turns } from '../../../../src/jobs/outbox/lanes/turns.ts';

test('turns are taken one after the other, in the order in which they were asked for, also behind one that fails', async () => {
  const turns = new Turns<string>(60_000);
  const said: string[] = [];
  const work = (name: string) => async () => {
    said.push(`${name} begins, next ${turns.next ?? 'nobody'}`);
    await new Promise((done) => setImmediate(done));
    said.push(`${name} ends`);
    if (name === 'b') throw new Error('b fails');
  };
  const [a, b, c] = ['a', 'b', 'c'].map((name) => turns.take(name, work(name)));
  await expect(b).rejects.toThrow('b fails');
  await Promise.all([a, c]);
  expect(said).toEqual([
    ...['a begins, next nobody', 'a ends', 'b begins, next c', 'b ends', 'c begins, next nobody', 'c ends'],
  ]);
  await turns.take('d', work('d'));
  expect(said.at(-1)).toBe('d ends');
});

test('a turn that takes too long holds up nobody, and ends nobody else’s turn when it is over', async () => {
  const turns = new Turns<string>(1);
  let finish = () => {};
  const slow = turns.take('slow', () => new Promise<void>((done) => (finish = done)));
  let release = () => {};
  const other = turns.take('other', () => new Promise<void>((done) => (release = done)));
  await new Promise((done) => setTimeout(done, 20));
  finish();
  await slow;
  release();
  await other;
  expect(await turns.take('last', async () => 'done')).toBe('done');
});
