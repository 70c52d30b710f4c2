/** The tree of a user's lots is a sorted list, whatever is added and taken away. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { OpenLots } from '../../../src/ledger/rules/open-lots.ts';

const time = fc.integer({ min: 0, max: 3 });
const command = fc.record({
  adds: fc.boolean(),
  expiresAt: fc.option(time, { nil: Number.NaN }),
  grantedAt: time,
  pick: fc.nat(),
});

test('keeps lots in the order in which they are taken', () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 200 }), (commands) => {
      const lots = new OpenLots();
      let root = 0;
      const list: { lot: number; key: readonly [number, number, number] }[] = [];
      commands.forEach(({ adds, expiresAt, grantedAt, pick }, i) => {
        if (adds || list.length === 0) {
          const lot = lots.open(i + 1, 1, 5n, 5n, grantedAt, expiresAt);
          root = lots.insert(root, lot);
          list.push({ lot, key: [Number.isNaN(expiresAt) ? 9 : expiresAt, grantedAt, i + 1] });
          list.sort((a, b) => a.key[0] - b.key[0] || a.key[1] - b.key[1] || a.key[2] - b.key[2]);
        } else {
          const [{ lot, key }] = list.splice(pick % list.length, 1);
          const expiry = key[0] === 9 ? Number.NaN : key[0];
          expect(lots.find(root, key[2], 1, key[1], expiry)).toBe(lot);
          root = lots.remove(root, lot);
          expect(lots.find(root, key[2], 1, key[1], expiry)).toBe(0);
          lots.close(lot);
        }
        expect(lots.first(root)).toBe(list[0]?.lot ?? 0);
      });
      for (const { lot } of list) {
        expect(lots.first(root)).toBe(lot);
        root = lots.remove(root, lot);
      }
      expect(root).toBe(0);
    }),
  );
});
