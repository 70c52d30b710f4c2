/**
 * Files of an import, good and mutated, each made of its number alone: every encoding, line end and way of packing, with
 * bytes, fields, line ends and gzip members changed. Which of them are good only an oracle can tell.
 */
import { gzipSync } from 'node:zlib';
import iconv from 'iconv-lite';
import { type FileEncoding, type FileKind, fileColumns, type ReadAs } from '../oracles/import-file.ts';
import { randomOf } from '../oracles/logs.ts';

export interface MutatedFile {
  readonly content: Buffer;
  readonly as: ReadAs;
}

const KINDS: readonly FileKind[] = ['views', 'videos', 'proofs', 'grants'];
const ENCODINGS: readonly FileEncoding[] = [
  'utf-8',
  'utf-8',
  'utf-8',
  'utf-16',
  'utf-16le',
  'utf-16be',
  'cp949',
  'cp949',
  'windows-1252',
  'iso-8859-1',
];
const TEXTS: Readonly<Record<FileEncoding, readonly string[]>> = {
  'utf-8': ['가입축하', 'naïve', '😀', 'plain', 'x'],
  'utf-16': ['가입축하', '😀', 'plain'],
  'utf-16le': ['가입축하', '😀', 'plain'],
  'utf-16be': ['가입축하', '😀', 'plain'],
  cp949: ['가입축하', '생일축하', '추천인', '똠방각하', 'plain'],
  'windows-1252': ['naïve', '€ 5', 'plain'],
  'iso-8859-1': ['naïve', 'Zoë', 'plain'],
};

export class Dice {
  readonly #next: () => number;

  constructor(seed: number) {
    this.#next = randomOf(seed);
  }

  /** 0 to `below` - 1. */
  number(below: number): number {
    return Math.floor(this.#next() * below);
  }

  chance(share: number): boolean {
    return this.#next() < share;
  }

  of<T>(list: readonly T[]): T {
    return list[this.number(list.length)];
  }
}

/** The file with this number: the same one each time. */
export function mutatedFile(number: number): MutatedFile {
  const dice = new Dice(number * 7919 + 13);
  const encoding = dice.of(ENCODINGS);
  const as: ReadAs = { kind: dice.of(KINDS), encoding, allowsPartialLastLine: dice.chance(0.1) };
  let text = goodText(dice, as);
  if (dice.chance(0.35)) text = mutateText(dice, text);
  let bytes = encode(dice, text, encoding);
  if (dice.chance(0.35)) bytes = mutateBytes(dice, bytes);
  if (dice.chance(0.3)) {
    bytes = pack(dice, bytes);
    if (dice.chance(0.3)) bytes = mutateBytes(dice, bytes);
  }
  // Read as something that it is not written in.
  const readAs = dice.chance(0.05) ? { ...as, encoding: dice.of(ENCODINGS) } : as;
  return { content: bytes, as: readAs };
}

/** Rows that are good; `padding` blanks stand behind each line. */
export function goodText(dice: Dice, { kind, encoding }: ReadAs, rows = 1 + dice.number(6), padding = 0): string {
  const columns = fileColumns[kind].filter(({ isOptional }) => !isOptional || dice.chance(0.7)).map(({ name }) => name);
  if (dice.chance(0.3)) columns.splice(dice.number(columns.length + 1), 0, 'note');
  if (dice.chance(0.3)) columns.push(columns.shift()!);
  const delimiter = dice.chance(0.2) ? '\t' : ',';
  const quotes = delimiter === ',' && dice.chance(0.4);
  const lines = [columns.join(delimiter)];
  for (let row = 0; row < rows; row++) {
    const fields = columns.map((name) => {
      const value = goodValue(dice, name, row, encoding);
      if (quotes && dice.chance(0.3)) return `"${value}"`;
      return dice.chance(0.05) ? ` ${value} ` : value;
    });
    lines.push(fields.join(delimiter) + (delimiter === ',' ? ' '.repeat(padding) : ''));
  }
  const ends = dice.chance(0.15) ? ['\n', '\r\n', '\r'] : [dice.of(['\n', '\n', '\r\n', '\r'])];
  return lines.map((line, i) => line + (i === rows && dice.chance(0.15) ? '' : dice.of(ends))).join('');
}

function goodValue(dice: Dice, name: string, row: number, encoding: FileEncoding): string {
  switch (name) {
    case 'id':
      return String(dice.chance(0.05) ? 2n ** 63n - 1n - BigInt(row) : row + 1);
    case 'viewed_at':
      return dice.chance(0.1) ? '' : `2026-11-${10 + dice.number(20)}T0${dice.number(10)}:00:0${row % 10}.000Z`;
    case 'proof_date':
      return `2026-11-${10 + dice.number(20)}`;
    case 'ad_views':
    case 'creator_id':
      return dice.chance(0.2) ? '' : String(dice.number(100));
    case 'key':
    case 'reason':
    case 'note':
      return dice.of(TEXTS[encoding]);
    case 'granted_at':
      return '2026-11-01';
    case 'expires_at':
      return dice.chance(0.5) ? '' : '2027-11-01';
    default:
      return String(dice.number(1000));
  }
}

const PIECES = [
  ',',
  '\t',
  '"',
  '""',
  '\n',
  '\r',
  '\r\n',
  ' ',
  '0',
  '-',
  '9999999999',
  '\u0000',
  '가',
  '\u00a0',
  '\ufeff',
  'x',
];

function mutateText(dice: Dice, text: string): string {
  let changed = text;
  for (let left = 1 + dice.number(2); left > 0; left--) {
    const at = dice.number(changed.length + 1);
    switch (dice.number(6)) {
      case 0:
        changed = changed.slice(0, at) + dice.of(PIECES) + changed.slice(at);
        break;
      case 1:
        changed = changed.slice(0, at) + changed.slice(at + 1 + dice.number(3));
        break;
      case 2:
        changed = changed.slice(0, at);
        break;
      case 3: {
        // A line twice, or without its end.
        const lines = changed.split('\n');
        lines.splice(dice.number(lines.length), 0, dice.of(lines));
        changed = lines.join('\n');
        break;
      }
      case 4:
        changed = changed.slice(0, at) + changed.charAt(at).toUpperCase() + changed.slice(at + 1);
        break;
      default:
        changed = changed.replace(/\r?\n/, dice.of(['\r', '\r\n', '\n\n', '', ' \n']));
    }
  }
  return changed;
}

function encode(dice: Dice, text: string, encoding: FileEncoding): Buffer {
  const isMarked = encoding === 'utf-16' ? dice.chance(0.95) : encoding.startsWith('utf') && dice.chance(0.2);
  const written = encoding === 'utf-16' ? dice.of(['utf-16le', 'utf-16be']) : encoding;
  return iconv.encode(isMarked ? `\ufeff${text}` : text, written, { addBOM: false });
}

export function mutateBytes(dice: Dice, bytes: Buffer): Buffer {
  let changed = bytes;
  for (let left = 1 + dice.number(2); left > 0; left--) {
    const at = dice.number(changed.length + 1);
    const piece = Buffer.from(Array.from({ length: 1 + dice.number(3) }, () => dice.number(256)));
    const [head, rest] = [changed.subarray(0, at), changed.subarray(at)];
    switch (dice.number(5)) {
      case 0:
        changed = Buffer.concat([head, piece, rest]);
        break;
      case 1:
        changed = Buffer.concat([head, rest.subarray(piece.length)]);
        break;
      case 2:
        changed = head;
        break;
      case 3:
        changed = Buffer.concat([head, piece.subarray(0, rest.length), rest.subarray(piece.length)]);
        break;
      default: {
        changed = Buffer.from(changed);
        if (at < changed.length) changed[at] ^= 1 << dice.number(8);
      }
    }
  }
  return changed;
}

function pack(dice: Dice, bytes: Buffer): Buffer {
  const cuts = Array.from({ length: dice.number(3) }, () => dice.number(bytes.length + 1)).sort((a, b) => a - b);
  const edges = [0, ...cuts, bytes.length];
  const members = edges.slice(1).map((end, i) => gzipSync(bytes.subarray(edges[i], end), { level: dice.number(10) }));
  if (dice.chance(0.15)) members.splice(dice.number(members.length + 1), 0, Buffer.alloc(1 + dice.number(600)));
  if (dice.chance(0.05)) members.push(Buffer.from(dice.of(['1,2,3\n', '\u001f', '\n', '\u001f\u008b']), 'latin1'));
  return Buffer.concat(members);
}
