import { expect, test } from 'vitest';
import { IdsAhead } from '../../../src/steps/ids-ahead.ts';

/** Draws 1, 2, 3, and fails where it is told to. */
function counting(fails: ReadonlySet<number> = new Set()) {
  let drawn = 0;
  return {
    ids: new IdsAhead(async () => {
      drawn++;
      if (fails.has(drawn)) throw new Error(`draw ${drawn} failed`);
      return drawn;
    }),
    drawn: () => drawn,
  };
}

test('the id that was drawn ahead is given out once', async () => {
  const { ids, drawn } = counting();
  expect(await ids.next(0)).toBe(1);
  ids.drawAhead();
  expect(drawn()).toBe(2);
  expect(await ids.next(0)).toBe(2);
  expect(drawn()).toBe(2);
  expect(await ids.next(0)).toBe(3);
});

test('one that was given back is the next', async () => {
  const { ids, drawn } = counting();
  expect(ids.hasOne).toBe(false);
  ids.giveBack(await ids.next(0));
  expect(ids.hasOne).toBe(true);
  expect(await ids.next(0)).toBe(1);
  expect(ids.hasOne).toBe(false);
  expect(drawn()).toBe(1);
});

test('one that was drawn before the plan is thrown away', async () => {
  const { ids } = counting();
  ids.drawAhead();
  expect(await ids.next(1)).toBe(2);
});

test('a failure ahead is nobody’s; one of the draw that is waited for is the caller’s', async () => {
  const { ids } = counting(new Set([1, 2]));
  ids.drawAhead();
  await expect(ids.next(0)).rejects.toThrow('draw 2 failed');
  expect(await ids.next(0)).toBe(3);
});
