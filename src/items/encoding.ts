/** The encodings that the text of a file may be in. What is not valid in the encoding is an error, never a guess. */
import { isUtf8 } from 'node:buffer';
import iconv from 'iconv-lite';
import { usageError } from '../errors.ts';
import { visibleText } from '../rules/visible-text.ts';

export const encodings = ['utf-8', 'utf-16', 'utf-16le', 'utf-16be', 'cp949', 'windows-1252', 'iso-8859-1'] as const;
/** `utf-16`: as its byte order mark says. `cp949` holds all of EUC-KR. */
export type Encoding = (typeof encodings)[number];
export const defaultEncoding: Encoding = 'utf-8';

/** Other names, without `-`, `_` and blanks. */
const ALIASES: Readonly<Record<string, Encoding>> = {
  ms949: 'cp949',
  windows949: 'cp949',
  uhc: 'cp949',
  euckr: 'cp949',
  ksc56011987: 'cp949',
  cp1252: 'windows-1252',
  latin1: 'iso-8859-1',
};

/** The one name of the encoding that `text` names. Throws a usage error. */
export function parseEncoding(text: string): Encoding {
  const wanted = plain(text);
  const found = encodings.find((name) => plain(name) === wanted) ?? ALIASES[wanted];
  if (found !== undefined) return found;
  const shown = /^[\w.-]+$/.test(text) ? text : visibleText(JSON.stringify(text));
  throw usageError(`encoding: ${shown} is not known`, `one of ${encodings.join(', ')} (EUC-KR is in cp949)`);
}

function plain(name: string): string {
  return name.toLowerCase().replace(/[-_ ]/g, '');
}

/** For messages. */
export function encodingTitle(encoding: Encoding): string {
  return encoding === 'windows-1252' ? 'Windows-1252' : encoding.toUpperCase();
}

/** Bytes that are not valid in the encoding. */
export class InvalidText extends Error {
  /** The text between the last piece that was decoded and the bytes, in UTF-8. */
  readonly before: Buffer;

  constructor(before: Buffer) {
    super('invalid text');
    this.before = before;
  }
}

/** Takes the next bytes, and gives the text that is complete with them, in UTF-8. Throws InvalidText. */
export type Decode = (bytes: Buffer, isEnd: boolean) => Buffer;

/** `utf-16` has been made one of the two by its mark. */
export function createDecoder(encoding: Exclude<Encoding, 'utf-16'>): Decode {
  switch (encoding) {
    case 'utf-8':
      return utf8Decoder();
    case 'utf-16le':
    case 'utf-16be':
      return utf16Decoder(encoding === 'utf-16be');
    default:
      return tableDecoder(encoding);
  }
}

function utf8Decoder(): Decode {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes, isEnd) => {
    const all = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    const text = isEnd ? all : all.subarray(0, wholeUtf8(all));
    if (!isUtf8(text)) throw new InvalidText(validUtf8(text));
    rest = all.subarray(text.length);
    return text;
  };
}

/** Length without a last character of which bytes are still to come. */
function wholeUtf8(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back];
    if (byte < 0x80) break;
    if (byte < 0xc0) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return length > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** The longest beginning that is valid. */
function validUtf8(bytes: Buffer): Buffer {
  let valid = 0;
  for (let invalid = bytes.length; valid < invalid; ) {
    const middle = Math.ceil((valid + invalid) / 2);
    const part = bytes.subarray(0, middle);
    if (isUtf8(part.subarray(0, wholeUtf8(part)))) valid = middle;
    else invalid = middle - 1;
  }
  return bytes.subarray(0, wholeUtf8(bytes.subarray(0, valid)));
}

function utf16Decoder(isBigEndian: boolean): Decode {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes, isEnd) => {
    const all = Buffer.concat([rest, bytes]);
    let length = all.length - (all.length % 2);
    const units = Buffer.from(all.subarray(0, length));
    if (isBigEndian) units.swap16();
    // The first half of a pair waits for the second.
    if (!isEnd && length > 0 && (units[length - 1] & 0xfc) === 0xd8) length -= 2;
    rest = all.subarray(length);
    const text = units.toString('utf16le', 0, length);
    const valid = text.isWellFormed() ? text : text.slice(0, firstLoneHalf(text));
    if (valid.length < text.length || (isEnd && rest.length > 0)) throw new InvalidText(Buffer.from(valid));
    return Buffer.from(text);
  };
}

function firstLoneHalf(text: string): number {
  return /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.exec(text)?.index ?? text.length;
}

/** None of these encodings has U+FFFD: where it turns up, the library has met bytes that are no character. */
function tableDecoder(encoding: string): Decode {
  const decoder = iconv.getDecoder(encoding, { stripBOM: false });
  return (bytes, isEnd) => {
    const text = decoder.write(bytes) + (isEnd ? (decoder.end() ?? '') : '');
    const invalid = text.indexOf('\ufffd');
    if (invalid >= 0) throw new InvalidText(Buffer.from(text.slice(0, invalid)));
    return Buffer.from(text);
  };
}
