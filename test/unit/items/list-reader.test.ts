/** A list is gone through by places, however far ahead of the commit it was read. */
import { expect, test } from 'vitest';
import { ExecutionContext } from '../../../src/engine/execution-context.ts';
import { listReader } from '../../../src/items/list-reader.ts';

test('goes on behind the item that is committed, equal ones included, and refuses another list', async () => {
  const list = ['a', 'b', 'a', 'a', 'c'];
  const open = async (context: ExecutionContext, items = list) => {
    const reader = listReader(items);
    await reader.open?.(context, undefined);
    return reader;
  };
  const context = ExecutionContext.create();
  const ahead = await open(context);
  for (let n = 0; n < 4; n++) await ahead.read();
  ahead.saveState(context, 'a', 3);
  const again = await open(context);
  expect([await again.read(), await again.read()]).toEqual(['a', 'c']);
  expect(await again.read()).toBeUndefined();
  again.saveState(context, 'a', 1);
  expect(await (await open(context)).read()).toBe('c');
  await expect(open(context, ['a'])).rejects.toThrow('it had 5 items, and has 1');
});

test('an entry that is undefined does not end the list', () => {
  const reader = listReader([1, undefined, 3]);
  reader.open?.(new ExecutionContext(), undefined);
  expect(reader.read()).toBe(1);
  expect(() => reader.read()).toThrow('entry 2 of the list is undefined');
  expect(reader.read()).toBe(3);
});
