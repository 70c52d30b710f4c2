/** Files that an import must refuse, and how: each is named by what is wrong with it. */
import { gzipSync } from 'node:zlib';

export interface BrokenFile {
  readonly what: string;
  readonly content: Buffer;
  /** What the one line says. */
  readonly text: RegExp;
}

const VIEWS = 'id,video_id,viewer_id,viewed_at,play_seconds,ad_views';
const VIEW = '1,2,3,2026-11-20T00:00:00Z,10,0';
const VIDEOS = 'id,creator_id';
const VIDEO = '1,2';
const TEN_MB = 10_485_760;

export function brokenFiles(kind: 'views' | 'videos'): readonly BrokenFile[] {
  const [header, row] = kind === 'views' ? [VIEWS, VIEW] : [VIDEOS, VIDEO];
  const many = [header, ...Array.from({ length: 30_000 }, (_, i) => row.replace('1', String(i + 1)))].join('\n');
  /** The file's third line is the bad one. */
  const third = (line: string) => `${header}\n${row}\n${line}\n`;
  const withId = (id: string) => third(row.replace('1', id));
  const common: [string, string | Buffer, RegExp][] = [
    ['nothing at all', '', /^bad\.csv: the file is empty/],
    ['blank lines only', '\n\n\r\n', /^bad\.csv: the file is empty/],
    ['random bytes', noise(5_000), /^bad\.csv/],
    ['an empty gzip file', gzipSync(''), /^bad\.csv: the file is empty/],
    ['a gzip header and no more', gzipSync(many).subarray(0, 5), /^bad\.csv/],
    [
      'gzip data that was cut off',
      gzipSync(noisyCsv(header, row)).subarray(0, -5_000),
      /line \d+: the gzip data ends here/,
    ],
    ['gzip data with a flipped bit', flipped(gzipSync(noisyCsv(header, row))), /line \d+: /],
    ['a zip archive', Buffer.from('PK\u0003\u0004rest'), /^bad\.csv: this is a zip archive/],
    ['UTF-16', Buffer.from(`\ufeff${third('x')}`, 'utf16le'), /^bad\.csv: the text is UTF-16/],
    ['UTF-16 without its mark', Buffer.from(third('x'), 'utf16le'), /line 1: this is not text/],
    ['EBCDIC', Buffer.from([0x89, 0x84, 0x6b, 0x83, 0x15, 0xf1, 0x6b, 0xf2]), /line 1 is not UTF-8/],
    ['Latin-1 in a number', Buffer.from(withId('1\xb2'), 'latin1'), /line 3 is not UTF-8/],
    ['full-width digits', withId('１２'), /line 3: id "１２" is not a whole number/],
    [
      'half a character at the end',
      Buffer.concat([Buffer.from(third('')), Buffer.from([0xe3, 0x81])]),
      /line 4 is not UTF-8/,
    ],
    [
      'a surrogate in UTF-8',
      Buffer.concat([Buffer.from(`${header}\n`), Buffer.from([0xed, 0xa0, 0x80, 10])]),
      /line 2 is not UTF-8/,
    ],
    ['a last line that is cut off', third(row).slice(0, -1), /line 3: the last line has no end/],
    [
      'zero bytes, and then more gzip data',
      Buffer.concat([gzipSync(`${header}\n`), Buffer.alloc(512), gzipSync(`${row}\n`)]),
      /line 1: zero bytes, and then more data/,
    ],
    [
      'text behind gzip data',
      Buffer.concat([gzipSync(third(row)), Buffer.from(`${row}\n`)]),
      /line \d: the gzip data is damaged/,
    ],
    ['a NUL in a number', withId('1\0'), /line 3: id "1\\u0000" is not a whole number/],
    ['escape sequences for a terminal', withId('\x1b[2J'), /line 3: id "\\u001b\[2J" is not/],
    ['a header of 10 MB', `${'x'.repeat(TEN_MB)}\n`, /line 1: no end of the header line within 65536 bytes/],
    ['a line of 10 MB', third(`${'9'.repeat(TEN_MB)}`), /line 3: a record of more than 1000000 characters/],
    ['a number of 900,000 digits', withId('9'.repeat(900_000)), /line 3: id "9{40}\.\.\." is outside/],
    ['a quote that is never closed', third('"1,2'), /line 3: a quote is opened and never closed/],
    [
      'a quote that is never closed in a large file',
      `${third('"1')}${many}`,
      /line 3: a (record of more|quote is opened)/,
    ],
    ['text after a closing quote', third(`"1"x${row.slice(1)}`), /line 3: /],
    ['a quote in the middle', withId('1"1'), /line 3: /],
    ['a field too many', third(`${row},9`), /line 3: \d+ fields, expected \d+/],
    ['a field too few', third(row.slice(0, row.lastIndexOf(','))), /line 3: \d+ fields?, expected \d+/],
    ['the header twice', `${header.replace('id', 'id,id')}\n${row},1\n`, /line 1: the column id is there twice/],
    ['a column that is missing', third('').replaceAll('id', 'idee'), /line 1: no column/],
    ['2^63', withId('9223372036854775808'), /line 3: id "9223372036854775808" is outside of/],
    ['below -2^63', withId('-9223372036854775809'), /line 3: id "-9223372036854775809" is outside of/],
    ['1e3', withId('1e3'), /line 3: id "1e3" is not a whole number/],
    ['a hexadecimal number', withId('0x10'), /line 3: id "0x10" is not a whole number/],
    ['a fraction', withId('1.0'), /line 3: id "1\.0" is not a whole number/],
    ['an id that is empty', withId(''), /line 3: id is empty/],
    ['a bad last line after 30,000 good ones', `${many}\nx${row.slice(1)}`, /line 30002: id "x/],
  ];
  const ofViews: [string, string | Buffer, RegExp][] = [
    ...['2026-02-30', '2026-13-01', '2025-02-29', '2026-00-10', '2026-04-31', '0000-00-00'].map(
      (date): [string, string, RegExp] => [
        `${date}, which does not exist`,
        third(VIEW.replace('2026-11-20', date)),
        /line 3: viewed_at ".*" is not a time/,
      ],
    ),
    ['24:00', third(VIEW.replace('T00:00:00', 'T24:00:00')), /line 3: viewed_at/],
    ['a leap second', third(VIEW.replace('T00:00:00', 'T23:59:60')), /line 3: viewed_at/],
    ['an offset of 99 hours', third(VIEW.replace('Z', '+99:00')), /line 3: viewed_at/],
    [
      'the year 999999',
      third(VIEW.replace('2026-11-20T00:00:00Z', '999999999999999')),
      /line 3: viewed_at .* is a time only as microseconds/,
    ],
    [
      'seconds beyond 32 bits',
      third(VIEW.replace(',10,', ',2147483648,')),
      /line 3: play_seconds .* outside of -2\^31 to 2\^31 - 1/,
    ],
    ['id 0', withId('0'), /line 3: id "0" is outside of 1 to 2\^63 - 1/],
    ['no time column', `${VIEWS.replace('viewed_at', 'when')}\n${VIEW}\n`, /line 1: no column viewed_at/],
  ];
  return [...common, ...(kind === 'views' ? ofViews : [])].map(([what, content, text]) => ({
    what,
    content: typeof content === 'string' ? Buffer.from(content) : content,
    text,
  }));
}

/** Bytes that look random and are the same each time. */
export function noise(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** Good rows that do not compress to nothing, so that the middle of the packed file is data. */
function noisyCsv(header: string, row: string): string {
  const bytes = noise(60_000);
  const rows = Array.from({ length: 10_000 }, (_, i) => row.replace('1', String(bytes.readUInt32LE(i * 4) + 1)));
  return [header, ...rows].join('\n');
}

function flipped(packed: Buffer): Buffer {
  const copy = Buffer.from(packed);
  // Near the end: what comes before is good.
  copy[Math.floor(copy.length * 0.9)] ^= 0x10;
  return copy;
}
