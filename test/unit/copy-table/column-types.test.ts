import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Canonical,
  canonicalAt,
  comparableOf,
  readSpec,
  sqlValueOf,
} from '../../../src/copy-table/column-kind.ts';
import {
  emptyMeasure,
  fittingColumn,
  mustMeasure,
  newColumn,
  serverShape,
} from '../../../src/copy-table/column-types.ts';
import type { ColumnKind, DescribedColumn } from '../../../src/copy-table/described-column.ts';
import { requireFits } from '../../../src/copy-table/require-fits.ts';
import { DigestSum, isSameDigest, joinDigests, rowText } from '../../../src/copy-table/row-digest.ts';
import { RowHasher } from '../../../src/copy-table/row-hash.ts';
import { ColumnBatch } from '../../../src/database/column-batch.ts';
import { addPlainRows } from '../../../src/database/plain-values.ts';

const column = (type: string, charset?: string): DescribedColumn => {
  return { name: 'c', type, isNullable: true, isGenerated: false, hasDefault: false, charset };
};

describe('a column into one that is there', () => {
  test.each<[string, string, Partial<typeof emptyMeasure>, string]>([
    ['bigint unsigned', 'bigint', { max: '9223372036854775807', min: '0' }, 'fits'],
    ['bigint unsigned', 'bigint', { max: '9223372036854775808', min: '0' }, 'holds 9223372036854775808'],
    ['int', 'tinyint unsigned', { max: '5', min: '-1' }, 'holds -1'],
    ['decimal(10,2)', 'decimal(10,2)', {}, 'fits'],
    ['decimal(10,2)', 'decimal(12,1)', {}, 'does not go into'],
    ['decimal(10,2)', 'double', {}, 'does not go into'],
    ['decimal(9,0)', 'bigint', {}, 'does not go into'],
    ['datetime(6)', 'datetime(3)', {}, 'does not go into'],
    ['datetime(3)', 'datetime(6)', {}, 'fits'],
    ['datetime', 'date', {}, 'does not go into'],
    ['datetime', 'timestamp', {}, 'does not go into'],
    ['double', 'float', {}, 'does not go into'],
    ['varchar(40)', 'varchar(9)', { chars: 9 }, 'fits'],
    ['varchar(40)', 'varchar(9)', { chars: 10 }, 'holds a value of 10 characters'],
    ['longtext', 'tinytext', { chars: 200, bytes: 256 }, 'holds a value of 256'],
    ['varchar(4)', "enum('a')", {}, 'does not go into'],
    ['blob', 'varchar(9)', {}, 'does not go into'],
    ['varchar(9)', 'bigint', {}, 'does not go into'],
    ['varchar(9)', 'char(9)', { chars: 3 }, 'does not go into'],
    ['varbinary(2)', 'binary(4)', { bytes: 2 }, 'does not go into'],
    ['int', 'year', { min: '5', max: '2005' }, 'holds 5'],
    ['date', 'date', { zeroDates: 2 }, '2 dates without a day or a month'],
    ['bit(3)', 'bit(3)', {}, 'no form that every database shares'],
  ])('%s into %s with %j: %s', (from, to, measured, expected) => {
    const found = fittingColumn(column(from, 'utf8mb4'), { ...emptyMeasure, ...measured }, column(to, 'utf8mb4'), {
      from: 'mysql',
      to: 'mariadb',
    });
    expect('problem' in found ? found.problem : 'fits').toContain(expected);
  });

  test('of a character set that lacks characters is refused', () => {
    const found = fittingColumn(column('varchar(9)', 'utf8mb4'), emptyMeasure, column('varchar(9)', 'utf8mb3'), {
      from: 'mysql',
      to: 'mysql',
    });
    expect(found).toMatchObject({ problem: expect.stringContaining('utf8mb3') });
  });
});

describe('a column of SQLite', () => {
  const into = { from: 'sqlite', to: 'mariadb', isKey: false } as const;
  test.each<[string, Partial<typeof emptyMeasure>, string]>([
    ['VARCHAR(20)', { classes: { text: 3 }, chars: 9 }, 'VARCHAR(20)'],
    ['VARCHAR(20)', { classes: { text: 3 }, chars: 21 }, 'LONGTEXT'],
    ['', { classes: { integer: 3 } }, 'BIGINT'],
    ['INTEGER', { classes: { text: 3, integer: 1 } }, 'several kinds'],
    ['REAL', { classes: { integer: 1, real: 1 }, max: '9007199254740993' }, 'beyond 2^53'],
    ['NUMERIC', { classes: { integer: 1, real: 1 }, max: '2', min: '2' }, 'DOUBLE'],
    ['DATE', {}, 'LONGTEXT'],
    ['BLOB', { classes: { blob: 1 } }, 'LONGBLOB'],
  ])('%s with %j: %s', (type, measured, expected) => {
    const found = newColumn(column(type), { ...emptyMeasure, ...measured }, into);
    expect('problem' in found ? found.problem : found.type).toContain(expected);
  });

  test.each([
    ['2026-11-20 15:00:00.123', 'datetime(3)', true],
    ['2026-11-20 15:00:00.1234', 'datetime(3)', false],
    ['2026-11-20T15:00:00', 'datetime(3)', false],
    ['2026-11-00 15:00:00', 'datetime(3)', false],
    ['2026-11-20', 'date', true],
    ['-838:59:59', 'time', true],
  ])('%s in %s: %s', (value, type, fits) => {
    const { kind, fraction } = serverShape(type) ?? {};
    const problem = requireFits(value, { kind: kind ?? 'text', type, fraction });
    expect(problem === undefined).toBe(fits);
  });
});

interface Given {
  readonly kind: ColumnKind;
  readonly type?: string;
}

/** As rows of one side come to be a batch. */
function batchOf(columns: readonly Given[], rows: readonly (readonly unknown[])[], isServer: boolean): ColumnBatch {
  const specs = columns.map(({ kind, type = '' }) =>
    readSpec({ from: 'c', to: 'c', kind, type, sourceType: type, isNullable: true }, 'from', !isServer),
  );
  const batch = new ColumnBatch(specs, 1, { grows: true });
  addPlainRows(rows, batch, { isServer, isExact: true });
  expect(batch.unreadable).toBeUndefined();
  return batch;
}

function hashesOf(columns: readonly Given[], rows: readonly (readonly unknown[])[], isServer = false): string[] {
  const hasher = new RowHasher(columns.map(({ kind }) => kind));
  hasher.hash(batchOf(columns, rows, isServer));
  return rows.map((_row, at) => `${hasher.first[at]} ${hasher.second[at]}`);
}

/** The least change of a value: its last bit, one character of a text. */
function otherValue(value: Canonical): Canonical {
  if (value === null) return 0;
  if (typeof value === 'number') return Number.isSafeInteger(value) && value > 0 ? value - 1 : value === 0 ? 1 : -value;
  if (value === '') return null;
  return String.fromCharCode(value.charCodeAt(0) ^ 1) + value.slice(1);
}

test('a value written and read again is the same, as is the digest of rows in any order; a byte that differs is seen', () => {
  const kinds: ColumnKind[] = ['integer', 'real', 'text', 'bytes'];
  const columns = kinds.map((kind) => ({ kind }));
  const value = (kind: ColumnKind): fc.Arbitrary<bigint | number | string | Uint8Array> => {
    if (kind === 'integer') return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    if (kind === 'real') return fc.double({ noNaN: true, noDefaultInfinity: true });
    return kind === 'text' ? fc.string({ unit: 'grapheme' }) : fc.uint8Array();
  };
  const row = fc.tuple(...kinds.map((kind) => fc.option(value(kind))));
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 8 }), fc.nat(), (rows, cut) => {
      const digestOf = (some: readonly (readonly unknown[])[]) => {
        const [digest, hasher, batch] = [new DigestSum(), new RowHasher(kinds), batchOf(columns, some, false)];
        hasher.hash(batch);
        if (some.length % 2 === 0) digest.addAll(hasher, batch.size);
        else some.forEach((_one, at) => void digest.add(hasher, at));
        return digest;
      };
      const batch = batchOf(columns, rows, false);
      const canonical = rows.map((_one, at) => kinds.map((_kind, place) => canonicalAt(batch, place, at)));
      const written = canonical.map((one) => one.map((each, at) => sqlValueOf(each, kinds[at])));
      const whole = digestOf(rows);
      expect(isSameDigest(digestOf(written), whole)).toBe(true);
      const at = cut % (rows.length + 1);
      const parts = joinDigests(digestOf([...rows.slice(at)].reverse()), digestOf(rows.slice(0, at)));
      expect(isSameDigest(whole, parts)).toBe(true);
      const [first] = canonical;
      for (let column = 0; column < kinds.length; column++) {
        const other = (each: Canonical) =>
          kinds[column] === 'integer' && typeof each === 'string' ? String(BigInt(each) / 2n) : otherValue(each);
        const changed = first.map((each, place) => (place === column ? other(each) : each));
        const again = changed.map((each, place) =>
          each === 0 && kinds[place] !== 'integer' && kinds[place] !== 'real'
            ? sqlValueOf('0', kinds[place])
            : sqlValueOf(each, kinds[place]),
        );
        expect(isSameDigest(digestOf([again, ...rows.slice(1)]), whole)).toBe(false);
      }
    }),
    { numRuns: 60 },
  );
  expect(comparableOf('-001.500', 'decimal')).toBe('-1.5');
  expect(comparableOf('2026-11-20 15:00:00.100', 'temporal')).toBe('2026-11-20 15:00:00.1');
  const texts = batchOf([{ kind: 'text' }, { kind: 'text' }], [['a', 'b']], false);
  expect(rowText(texts, 0, ['text', 'text'])).not.toBe(
    rowText(batchOf([{ kind: 'text' }], [['a;1:b']], false), 0, ['text']),
  );
});

test('one value has one hash, in whatever form a database gives it', () => {
  const same = (column: Given, ofServer: unknown, ...ofSqlite: unknown[]) => {
    const [server] = hashesOf([column], [[ofServer]], true);
    const others = hashesOf(
      [column],
      ofSqlite.map((one) => [one]),
    );
    expect(new Set([server, ...others]).size, String(ofServer)).toBe(1);
  };
  same({ kind: 'decimal', type: 'decimal(9,3)' }, '-1.500', '-1.5', '-01.50', '-1.500');
  same({ kind: 'decimal', type: 'decimal(9,3)' }, '0.000', '0', '-0.0', '00.000');
  same({ kind: 'decimal', type: 'decimal(9,0)' }, '100', '100', '0100', '100.0');
  same(
    { kind: 'temporal', type: 'datetime(6)' },
    '2026-11-20 15:00:00.100000',
    '2026-11-20 15:00:00.1',
    '2026-11-20 15:00:00.100',
  );
  same({ kind: 'temporal', type: 'datetime' }, '2026-11-20 00:00:00', '2026-11-20 00:00:00', '2026-11-20 00:00:00.000');
  same({ kind: 'temporal', type: 'date' }, '1000-01-01', '1000-01-01');
  same({ kind: 'temporal', type: 'time(3)' }, '-838:59:59.000', '-838:59:59');
  same({ kind: 'temporal', type: 'time' }, '00:00:00', '00:00:00', '00:00:00.0');
  same({ kind: 'real', type: 'double' }, 0, 0, -0);
  const times = [
    '2026-11-20',
    '2026-11-20 00:00:00',
    '2026-11-20 00:00:00.000001',
    '00:00:00',
    '-00:00:01',
    '00:00:01',
  ];
  const odd = [
    '',
    'x',
    '2026-11-2',
    '2026-11-20T00:00:00',
    '2026-11-20 00:00:00.',
    '2026-11-20 00:00:00.0000001',
    '0a:00:00',
  ];
  expect(
    new Set(
      hashesOf(
        [{ kind: 'temporal' }],
        [...times, ...odd].map((one) => [one]),
      ),
    ).size,
  ).toBe(times.length + odd.length);
  expect(
    new Set(
      hashesOf(
        [{ kind: 'decimal' }],
        ['1', '-1', '10', '0.1', '1.1', '11', '0', ''].map((one) => [one]),
      ),
    ).size,
  ).toBe(8);
});

describe('between SQLite files', () => {
  const between = { from: 'sqlite', to: 'sqlite' } as const;
  const integers = { ...emptyMeasure, min: '1', max: '9007199254740993', classes: { integer: 2 } };

  test('integers that a column of fractions would round are refused', () => {
    expect(fittingColumn(column('BIGINT'), integers, column('REAL'), between)).toMatchObject({
      problem: expect.stringContaining('holds 9007199254740993'),
    });
    expect(fittingColumn(column('BIGINT'), integers, column('INTEGER'), between)).toMatchObject({ kind: 'integer' });
  });

  test('a column declared alike takes what the other holds', () => {
    const texts = { ...emptyMeasure, chars: 3, classes: { text: 1 } };
    expect(fittingColumn(column('DATETIME'), texts, column('datetime'), between)).toMatchObject({ kind: 'text' });
  });
});

test('hashes of rows differ with the place of a value, its length and NULL', () => {
  const texts = [{ kind: 'text' }, { kind: 'text' }] as const;
  const long = 'x'.repeat(9_001);
  const rows = [
    ['', null],
    [null, ''],
    [null, null],
    ['a', 'b'],
    ['ab', ''],
    ['', 'ab'],
    ['ab', null],
    ['a\0', 'b'],
    [long, 'a'],
    [`${long.slice(1)}y`, 'a'],
    [long.slice(1), 'xa'],
    [long, 'b'],
  ];
  expect(new Set(hashesOf(texts, rows)).size).toBe(rows.length);
  expect(hashesOf(texts, rows)).toEqual(hashesOf(texts, rows));
  const integers = [0n, 1n, -1n, 2n ** 32n, -(2n ** 32n), 2n ** 53n - 1n, 2n ** 64n - 1n, 2n ** 63n - 1n, null];
  const unsigned = { kind: 'integer', type: 'bigint unsigned' } as const;
  const hashes = hashesOf(
    [unsigned],
    integers.filter((one) => one !== -1n && one !== -(2n ** 32n)).map((one) => [one]),
    true,
  );
  hashes.push(...hashesOf([{ kind: 'integer' }], [[-1n], [-(2n ** 32n)]]));
  expect(new Set(hashes).size).toBe(integers.length);
});

describe('whether values have to be looked at', () => {
  const servers = { from: 'mariadb', to: 'mysql' } as const;
  test.each([
    ['bigint(20)', undefined, servers, false],
    ['bigint(20)', 'bigint(20)', servers, false],
    ['bigint(20) unsigned', 'bigint(20)', servers, true],
    ['varchar(20)', 'varchar(9)', servers, true],
    ['bigint(20) unsigned', undefined, { from: 'mariadb', to: 'sqlite' } as const, true],
    ['datetime(3)', 'TEXT', { from: 'mariadb', to: 'sqlite' } as const, false],
    ['INTEGER', 'INTEGER', { from: 'sqlite', to: 'sqlite' } as const, true],
  ])('%s into %s by %j: %s', (from, to, dialects, expected) => {
    expect(mustMeasure(column(from), to === undefined ? undefined : column(to), dialects)).toBe(expected);
  });
});
