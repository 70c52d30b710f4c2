/** Names of columns: what is the same name, what looks like a slip, and what is told of the columns that nobody reads. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { foldName, locateColumns, parseColumnMap, parseIgnoredColumns } from '../../../../src/jobs/import/columns.ts';
import { columnsOf, type ImportKind } from '../../../../src/jobs/import/import-parameters.ts';
import { isNearName } from '../../../../src/jobs/import/near-name.ts';

const VIEWS = 'id,video_id,viewer_id,viewed_at,play_seconds,ad_views';

function locate(header: string, options: { kind?: ImportKind; map?: string; ignore?: string } = {}) {
  const columns = columnsOf(options.kind ?? 'views');
  const map = options.map === undefined ? new Map<string, string>() : parseColumnMap(options.map, columns);
  return locateColumns(header.split(','), columns, map, parseIgnoredColumns(options.ignore ?? '', columns), 'f.csv');
}

/** Message and hint. */
function refusal(header: string, options: { kind?: ImportKind; map?: string; ignore?: string } = {}): string {
  try {
    locate(header, options);
  } catch (error) {
    const { message, hint } = error as { message: string; hint?: string };
    return `${message}. ${hint}`;
  }
  return 'taken';
}

describe('the same name', () => {
  test('case and blanks do not tell names apart, in any column', () => {
    const all = { places: [0, 1, 2, 3, 4, 5], unused: [] };
    expect(locate(VIEWS.toUpperCase())).toEqual(all);
    expect(locate(' ID, Video_Id,VIEWER_id ,viewed_at\u00a0,Play_Seconds,Ad_Views')).toEqual(all);
  });

  test('--map: both sides', () => {
    expect(locate(VIEWS.replace('viewer_id', 'User'), { map: 'Viewer_ID = uSER' }).places).toEqual([0, 1, 2, 3, 4, 5]);
    expect(refusal(VIEWS, { map: 'ID=a,id=b' })).toMatch(/^map: id is given twice/);
    expect(refusal(VIEWS, { map: 'ad_views=ads' })).toMatch(
      /^f\.csv line 1: no column ads; it has id, .*--map ad_views=/,
    );
  });

  test('two columns of one name are refused, used or not, unless they are ignored', () => {
    expect(refusal(`${VIEWS},ID`)).toMatch(/line 1: the columns id and ID have the same name.*rename/);
    expect(refusal(`${VIEWS},id`)).toMatch(/line 1: the column id is there twice/);
    expect(refusal(`${VIEWS},note,Note`)).toMatch(/the columns note and Note have the same name/);
    expect(refusal(`${VIEWS},note,Note`, { ignore: 'NOTE' })).toBe('taken');
    expect(refusal(`${VIEWS},,`)).toBe('taken');
  });
});

test('columns that nothing is taken from are named as the file writes them, but for those that are ignored', () => {
  expect(locate(`${VIEWS},Channel,referrer,note`, { ignore: 'Referrer' }).unused).toEqual(['Channel', 'note']);
  expect(locate(`${VIEWS},x`, { map: 'ad_views=x', ignore: '' }).unused).toEqual(['ad_views']);
  expect(refusal(VIEWS, { ignore: 'Ad_Views' })).toMatch(/^ignore-columns: ad_views is a column that is read/);
});

describe('a slip', () => {
  test.each<[ImportKind, string, string, string]>([
    ['views', VIEWS.replace('ad_views', 'ad_view'), 'ad_view', 'ad_views'],
    ['views', VIEWS.replace('ad_views', 'adviews'), 'adviews', 'ad_views'],
    ['views', VIEWS.replace('ad_views', 'Ad-Views'), 'Ad-Views', 'ad_views'],
    ['views', VIEWS.replace('ad_views', 'ad veiws'), '"ad veiws"', 'ad_views'],
    ['views', VIEWS.replace('ad_views', 'ad_views_count'), 'ad_views_count', 'ad_views'],
    ['views', VIEWS.replace('id,', 'view_id,'), 'view_id', 'id'],
    ['views', VIEWS.replace('id,', '_ID,'), '_ID', 'id'],
    ['videos', 'id,creator', 'creator', 'creator_id'],
    ['videos', 'id,creatorId', 'creatorId', 'creator_id'],
    ['members', 'id,challenge_id,user_id,stake,joined_at,quit', 'quit', 'quit_at'],
    ['challenges', 'id,start_date,end_date,stake,fee', 'fee', 'fee_bp'],
    ['challenges', 'id,start_date,end_date,stake,stauts', 'stauts', 'status'],
  ])('%s: %s is refused', (kind, header, near, column) => {
    const named = near.startsWith('"') ? near.slice(1, -1) : near;
    expect(refusal(header, { kind })).toBe(
      `f.csv line 1: the column ${near} may be meant for ${column}, which the file does not have. ` +
        `--map ${column}=${near} takes it, --ignore-columns ${near} passes over it`,
    );
    expect(locate(header, { kind, ignore: named }).unused).toEqual([]);
    expect(locate(header, { kind, map: `${column}=${named}` }).unused).toEqual([]);
  });

  test('a required column that is misspelt is missing', () => {
    expect(refusal('key,user_id,amount,granted_at,expires,reason', { kind: 'grants' })).toMatch(
      /no column expires_at; it has key, .*--map expires_at=COLUMN/,
    );
  });

  test('next to the column itself, and far from any, a name is only unused', () => {
    expect(locate(`${VIEWS},views,ad_view`).unused).toEqual(['views', 'ad_view']);
    expect(locate('video_id,viewer_id,viewed_at,play_seconds,country,device,session_id').unused).toEqual([
      'country',
      'device',
      'session_id',
    ]);
  });

  test('one letter more, less or other is near, whatever the column', () => {
    const optional = (['views', 'videos', 'members', 'challenges'] as const)
      .flatMap(columnsOf)
      .filter(({ name, required }) => !required && name !== 'id')
      .map(({ name }) => name);
    const letter = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz');
    fc.assert(
      fc.property(fc.constantFrom(...optional), fc.nat(), fc.nat(2), letter, (name, place, kind, other) => {
        const at = place % name.length;
        const slip = name.slice(0, at) + (kind === 0 ? '' : other) + name.slice(kind === 2 ? at : at + 1);
        expect(isNearName(foldName(slip), name), slip).toBe(true);
      }),
    );
  });
});
