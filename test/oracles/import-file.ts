/**
 * What a file of an import holds, read another way than settle reads it: whole, character by character, with nothing of
 * src. Where the rules leave a choice (a time in an unusual form, a name in another case), the answer is that either
 * a refusal or rows are right, and in those rows what `ANY` stands for.
 */
import { crc32, inflateRawSync } from 'node:zlib';

export const ANY = '*';
/** Stands for a character that this oracle does not know. */
const UNKNOWN = '\ue000';

export type FileKind = 'views' | 'videos' | 'proofs' | 'grants';
export type FileEncoding = 'utf-8' | 'utf-16' | 'utf-16le' | 'utf-16be' | 'cp949' | 'windows-1252' | 'iso-8859-1';

export interface ReadAs {
  readonly kind: FileKind;
  readonly encoding: FileEncoding;
  readonly allowsPartialLastLine: boolean;
}

export interface Expected {
  /** The values of the columns in the order of `fileColumns`; undefined: only a refusal is right. */
  readonly rows: readonly (readonly string[])[] | undefined;
  /** A refusal is right too. */
  readonly mayRefuse: boolean;
  /** The file has no meaning on which programs agree: quotes that are not balanced between tabs. */
  readonly isAmbiguous?: boolean;
}

type ColumnKind = 'id' | 'int64' | 'int32' | 'int64-or-null' | 'int32-or-0' | 'time-or-null' | 'date' | 'text';

interface Column {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly isOptional?: boolean;
}

const column = (name: string, kind: ColumnKind, isOptional = false): Column => ({ name, kind, isOptional });

export const fileColumns: Readonly<Record<FileKind, readonly Column[]>> = {
  views: [
    column('id', 'id', true),
    column('video_id', 'int64'),
    column('viewer_id', 'int64'),
    column('viewed_at', 'time-or-null'),
    column('play_seconds', 'int32'),
    column('ad_views', 'int32-or-0', true),
  ],
  videos: [column('id', 'int64'), column('creator_id', 'int64-or-null', true)],
  proofs: [
    column('id', 'int64'),
    column('challenge_id', 'int64'),
    column('user_id', 'int64'),
    column('proof_date', 'date'),
  ],
  grants: ['key', 'user_id', 'amount', 'granted_at', 'expires_at', 'reason'].map((name) => column(name, 'text')),
};

const REFUSED: Expected = { rows: undefined, mayRefuse: true };

export function expectedOf(bytes: Buffer, as: ReadAs): Expected {
  const unpacked = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzip(bytes) : bytes;
  const text = unpacked === undefined ? undefined : decode(unpacked, as.encoding);
  if (text === undefined) return REFUSED;
  const lines = text.replaceAll('\r\n', '\n').replaceAll('\r', '\n');
  const lastLine = lines.slice(lines.lastIndexOf('\n') + 1);
  const headerLine = lines.split('\n', 1)[0];
  if (headerLine.includes('\u0000')) return REFUSED;
  const delimiter = headerLine.split('\t').length > headerLine.split(',').length ? '\t' : ',';
  const isOpen = lastLine.trim() !== '' || lastLine.includes(delimiter);
  const table = parseTable(lastLine === '' ? lines : `${lines}\n`, delimiter, as.kind === 'grants');
  if (table?.isAmbiguous) return { ...REFUSED, isAmbiguous: true };
  if (table === undefined || table.records.length === 0) return REFUSED;
  const expected = rowsOf(table, { ...as, delimiter, isOpen, lastCharacter: lines.at(-1) ?? '' });
  return text.includes(UNKNOWN) ? { ...expected, mayRefuse: true } : expected;
}

/** Undefined when the data is damaged, cut off, or followed by anything but zero bytes. */
function gunzip(bytes: Buffer): Buffer | undefined {
  const parts: Buffer[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at > 0 && bytes.subarray(at).every((byte) => byte === 0)) break;
    const body = afterGzipHeader(bytes, at);
    if (body === undefined) return undefined;
    try {
      const { buffer, engine } = inflateRawSync(bytes.subarray(body), { info: true } as never) as never as {
        buffer: Buffer;
        engine: { bytesWritten: number };
      };
      at = body + engine.bytesWritten + 8;
      if (at > bytes.length) return undefined;
      if (bytes.readUInt32LE(at - 8) !== crc32(buffer) || bytes.readUInt32LE(at - 4) !== buffer.length)
        return undefined;
      parts.push(buffer);
    } catch {
      return undefined;
    }
  }
  return Buffer.concat(parts);
}

/** RFC 1952. Where the deflated data begins. */
function afterGzipHeader(bytes: Buffer, start: number): number | undefined {
  if (bytes.length < start + 18 || bytes[start] !== 0x1f || bytes[start + 1] !== 0x8b || bytes[start + 2] !== 8) return;
  const flags = bytes[start + 3];
  if ((flags & 0xe0) !== 0) return undefined;
  let at = start + 10;
  if ((flags & 4) !== 0) at += 2 + bytes.readUInt16LE(at);
  for (const flag of [8, 16]) {
    if ((flags & flag) === 0) continue;
    const end = bytes.indexOf(0, at);
    if (end < 0) return undefined;
    at = end + 1;
  }
  if ((flags & 2) !== 0) {
    if (at + 2 > bytes.length || bytes.readUInt16LE(at) !== (crc32(bytes.subarray(start, at)) & 0xffff))
      return undefined;
    at += 2;
  }
  return at < bytes.length ? at : undefined;
}

function decode(bytes: Buffer, encoding: FileEncoding): string | undefined {
  const mark = bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf]))
    ? 'utf-8'
    : bytes[0] === 0xff && bytes[1] === 0xfe
      ? 'utf-16le'
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? 'utf-16be'
        : undefined;
  if (encoding === 'utf-16') return mark?.startsWith('utf-16') ? strict(bytes, mark) : undefined;
  if (mark !== undefined && mark !== encoding) return undefined;
  if (encoding === 'cp949') return fromCp949(bytes);
  if (encoding === 'iso-8859-1') return bytes.toString('latin1');
  if (encoding === 'windows-1252') {
    if (bytes.some((byte) => [0x81, 0x8d, 0x8f, 0x90, 0x9d].includes(byte))) return undefined;
    return new TextDecoder('windows-1252').decode(bytes);
  }
  return strict(bytes, encoding);
}

function strict(bytes: Buffer, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Of the characters of two bytes it knows those of KS X 1001. */
function fromCp949(bytes: Buffer): string | undefined {
  let text = '';
  for (let at = 0; at < bytes.length; at++) {
    const [lead, trail] = [bytes[at], bytes[at + 1]];
    if (lead < 0x80) {
      text += String.fromCharCode(lead);
      continue;
    }
    if (
      lead === 0x80 ||
      lead === 0xff ||
      trail === undefined ||
      !/[A-Za-z\x81-\xfe]/.test(String.fromCharCode(trail))
    ) {
      return undefined;
    }
    at++;
    const known = lead >= 0xa1 && trail >= 0xa1 ? strict(Buffer.from([lead, trail]), 'euc-kr') : UNKNOWN;
    text += known ?? UNKNOWN;
  }
  return text;
}

interface Field {
  readonly text: string;
  readonly isQuoted: boolean;
}

interface Table {
  readonly records: readonly (readonly Field[])[];
  /** Quotes in a tab separated file mean one thing to some programs and another to others. */
  readonly isUnsure: boolean;
  readonly isAmbiguous?: boolean;
}

const AMBIGUOUS: Table = { records: [], isUnsure: true, isAmbiguous: true };

const BLANK = /\s/;

/** Undefined for what is no table. `setsLinesAside`: a line with too few or too many fields is no matter of the file. */
function parseTable(text: string, delimiter: string, setsLinesAside: boolean): Table | undefined {
  const records: Field[][] = [];
  let isUnsure = false;
  let at = 0;
  const isBlank = (character: string) => BLANK.test(character) && character !== '\n' && character !== delimiter;
  while (at < text.length) {
    const fields: Field[] = [];
    for (;;) {
      while (at < text.length && isBlank(text[at])) at++;
      if (text[at] === '"') {
        if (delimiter === '\t') isUnsure = true;
        const quoted = readQuoted(text, at + 1);
        if (quoted === undefined) return isUnsure ? AMBIGUOUS : undefined;
        at = quoted.end;
        while (at < text.length && isBlank(text[at])) at++;
        if (text[at] !== delimiter && text[at] !== '\n') return isUnsure ? AMBIGUOUS : undefined;
        fields.push({ text: quoted.text, isQuoted: true });
      } else {
        let end = at;
        while (text[end] !== delimiter && text[end] !== '\n') end++;
        const own = text.slice(at, end);
        if (own.includes('"') && delimiter === ',') return undefined;
        fields.push({ text: own.trimEnd(), isQuoted: false });
        at = end;
      }
      if (text[at++] === '\n') break;
    }
    const isEmpty = fields.length === 1 && fields[0].text === '' && !fields[0].isQuoted;
    if (!isEmpty) records.push(fields);
  }
  if (records.some((fields) => fields.length !== records[0].length)) {
    return isUnsure || setsLinesAside ? AMBIGUOUS : undefined;
  }
  return { records, isUnsure };
}

/** `end` is behind the closing quote. */
function readQuoted(text: string, from: number): { readonly text: string; readonly end: number } | undefined {
  let own = '';
  for (let at = from; at < text.length; at++) {
    if (text[at] !== '"') own += text[at];
    else if (text[at + 1] !== '"') return { text: own, end: at + 1 };
    else {
      own += '"';
      at++;
    }
  }
  return undefined;
}

interface Rules extends ReadAs {
  readonly delimiter: string;
  readonly isOpen: boolean;
  readonly lastCharacter: string;
}

function rowsOf({ records, isUnsure }: Table, rules: Rules): Expected {
  const [header, ...body] = records.map((fields) => fields.map(({ text }) => text));
  const columns = fileColumns[rules.kind];
  let mayRefuse = isUnsure;
  const places = columns.map(({ name, isOptional }) => {
    const alike = header.flatMap((own, place) => (own.toLowerCase() === name ? [place] : []));
    const exact = alike.filter((place) => header[place] === name);
    if (alike.length !== exact.length || alike.length > 1) mayRefuse = true;
    if (exact.length > 1) return undefined;
    if (alike.length > 0) return exact[0] ?? alike[0];
    // A name nearly like that of an optional column may be meant for it.
    if (isOptional) {
      if (header.some((own) => !columns.some((one) => one.name === own))) mayRefuse = true;
      return -1;
    }
    return undefined;
  });
  if (places.includes(undefined)) return REFUSED;
  const rows: string[][] = [];
  for (const [number, fields] of body.entries()) {
    const row: string[] = [];
    for (const [index, { kind }] of columns.entries()) {
      const place = places[index] as number;
      const value = place < 0 ? absent(kind) : readValue(fields[place], kind);
      if (value === undefined) return REFUSED;
      if (value === ANY) mayRefuse = true;
      row.push(value.includes(UNKNOWN) ? ANY : value);
    }
    const isLast = number === body.length - 1;
    if (isLast && rules.isOpen && !rules.allowsPartialLastLine) {
      const last = fields.length - 1;
      const used = columns.filter((_, index) => places[index] === last);
      const { isQuoted } = records[number + 1][last];
      if (!used.every(({ kind }) => isWhole(fields[last], kind, isQuoted, rules))) return REFUSED;
    }
    rows.push(row);
  }
  if (body.length === 0 && rules.isOpen && !rules.allowsPartialLastLine) return REFUSED;
  return { rows, mayRefuse };
}

/** Whether a value that stands at the very end of the file is no beginning of another. */
function isWhole(text: string, kind: ColumnKind, isQuoted: boolean, { delimiter, lastCharacter }: Rules): boolean {
  if (kind === 'text') return false;
  if (isQuoted && delimiter === ',') return true;
  if (kind === 'date') return text !== '';
  if (kind === 'time-or-null') return /T\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text);
  return text !== '' && (lastCharacter === ' ' || lastCharacter === '\t');
}

function absent(kind: ColumnKind): string {
  return kind === 'int32-or-0' ? '0' : 'null';
}

function readValue(text: string, kind: ColumnKind): string | undefined {
  switch (kind) {
    case 'text':
      return text;
    case 'date':
      // Years that nobody means may be refused.
      return isDate(text) ? (/^(19|20)/.test(text) ? text : ANY) : undefined;
    case 'time-or-null':
      return text === '' ? 'null' : timeOf(text);
    case 'int32-or-0':
      return text === '' ? '0' : integer(text, -(2n ** 31n), 2n ** 31n - 1n);
    case 'int64-or-null':
      return text === '' ? 'null' : integer(text, -(2n ** 63n), 2n ** 63n - 1n);
    case 'int32':
      return integer(text, -(2n ** 31n), 2n ** 31n - 1n);
    case 'id':
      return integer(text, 1n, 2n ** 63n - 1n);
    case 'int64':
      return integer(text, -(2n ** 63n), 2n ** 63n - 1n);
  }
}

function integer(text: string, min: bigint, max: bigint): string | undefined {
  if (!/^-?[0-9]+$/.test(text)) return undefined;
  const value = BigInt(text);
  return value >= min && value <= max ? String(value) : undefined;
}

function isDate(text: string): boolean {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

/** Milliseconds; ANY for a form that this oracle does not judge. */
function timeOf(text: string): string | undefined {
  const match = /^([0-9]{4}-[0-9]{2}-[0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})\.([0-9]{3})Z$/.exec(text);
  if (match === null) return ANY;
  const [, date, hour, minute, second] = match;
  if (!isDate(date) || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const ms = Date.parse(text);
  return ms >= Date.UTC(2000) && ms < Date.UTC(2101) ? String(ms) : ANY;
}
