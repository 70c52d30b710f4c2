import { describe, expect, test } from 'vitest';
import { describeChange, type MappingSetting, mappingText, resolveMappings } from '../../../src/mapping/mapping.ts';

const sources = [
  { setting: 'plays', table: 'play', columns: { id: 'integer', viewer_id: 'integer' } },
  { setting: 'films', table: 'film', columns: { id: 'integer' } },
] as const;
const resolve = (plays: MappingSetting) => resolveMappings({ plays }, sources).wanted;

describe('a mapping of the configuration', () => {
  test('has every column that is read', () => {
    expect(resolve({ table: 'history', columns: { viewer_id: 'user id' } })).toEqual([
      { source: sources[0], table: 'history', columns: { id: 'id', viewer_id: 'user id' } },
    ]);
  });

  test('is none where it changes no name', () => {
    expect(resolve({ table: 'play' })).toEqual([]);
    expect(resolve({ table: 'Play', columns: { viewer_id: 'VIEWER_ID' } })).toEqual([]);
  });

  test.each([
    [{ table: 'history', columns: { user_id: 'viewer_id' } }, /^"plays" .*: columns names what settle does not read$/],
    [{ table: '' }, /^"plays" in the config file: table is no name of a database$/],
    [{ table: 'a\nb' }, /table is no name/],
    [{ table: 'x'.repeat(65) }, /table is no name/],
    [{ table: 'history', columns: { id: ' '.repeat(3) } }, /columns.id is no name/],
    [{ table: 'play', columns: { viewer_id: 'user_id' } }, /: play is a name by which settle itself reads/],
    [{ table: 'FILM' }, /: FILM is a name by which settle itself reads/],
  ])('%j is refused', (setting, message) => {
    expect(() => resolve(setting)).toThrow(message);
  });
});

test('a change is told by what is different', () => {
  const text = (table: string, viewer: string) => mappingText({ table, columns: { id: 'id', viewer_id: viewer } });
  expect(describeChange('play', text('a', 'u'), text('a', 'u'))).toBe('');
  expect(describeChange('play', text('a', 'u'), text('b', 'v'))).toBe(
    'play was read from a, is read from b; play.viewer_id was u, is v',
  );
  expect(describeChange('play', undefined, text('a', 'u'))).toBe(
    'play was a table of its own, is read from a; play.viewer_id was viewer_id, is u',
  );
  expect(describeChange('play', text('a', 'viewer_id'), undefined)).toBe('play was read from a, is a table of its own');
});
