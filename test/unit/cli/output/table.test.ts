import { expect, test } from 'vitest';
import { formatPairs, formatTable } from '../../../../src/cli/output/table.ts';

test('columns are aligned, numbers to the right, and no line ends in blanks', () => {
  const columns = [{ header: 'job' }, { header: 'rows', align: 'right' as const }, { header: 'exit' }];
  const rows = [
    ['daily', '12', 'COMPLETED'],
    ['import-views', '1,234', ''],
  ];
  expect(formatTable(columns, rows)).toBe(
    ['job            rows  exit', 'daily            12  COMPLETED', 'import-views  1,234', ''].join('\n'),
  );
});

test('a table without rows is its headers', () => {
  expect(formatTable([{ header: 'a' }, { header: 'b' }], [])).toBe('a  b\n');
});

test('pairs are names and values', () => {
  expect(
    formatPairs([
      ['id', '1'],
      ['status', ''],
    ]),
  ).toBe('id      1\nstatus\n');
});

test('a cell is one line, whatever it holds, and its column as wide as what is shown', () => {
  expect(formatTable([{ header: 'a' }, { header: 'b' }], [['x\u001b[31m\ny', '1']])).toBe(
    'a               b\nx\\u001b[31m\\ny  1\n',
  );
  expect(formatPairs([['name', 'x\ny\u202e']])).toBe('name  x\\ny\\u202e\n');
});
