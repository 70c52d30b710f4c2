/** Text of other encodings as UTF-8; what is not valid in the encoding is refused, not replaced. */
import { Transform } from 'node:stream';
import { createDecoder, encodingTitle, InvalidText, parseEncoding } from './encoding.ts';

/** Of a byte order mark of UTF-16. */
const MARK_BYTES = 2;

/**
 * @param encoding as in encoding.ts; `utf-16` goes by its byte order mark, and is little-endian without one
 * @throws SettleError USAGE for an encoding that is not known; the stream ends with a TypeError for bytes that do not fit
 */
export function toUtf8(encoding: string): Transform {
  const known = parseEncoding(encoding);
  let decode = known === 'utf-16' ? undefined : createDecoder(known);
  let held = Buffer.alloc(0);
  let done = 0;
  const textOf = (piece: Buffer, isEnd: boolean): Buffer => {
    const bytes = Buffer.concat([held, piece]);
    if (decode === undefined && bytes.length < MARK_BYTES && !isEnd) {
      held = bytes;
      return Buffer.alloc(0);
    }
    held = Buffer.alloc(0);
    decode ??= createDecoder(bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : 'utf-16le');
    try {
      const text = decode(bytes, isEnd);
      done += bytes.length;
      return text;
    } catch (error) {
      if (!(error instanceof InvalidText)) throw error;
      throw new TypeError(`the text is not ${encodingTitle(known)} behind byte ${done}: say which encoding it has`);
    }
  };
  return new Transform({
    transform(piece: Buffer, _encoding, callback) {
      try {
        callback(null, textOf(piece, false));
      } catch (error) {
        callback(error as Error);
      }
    },
    flush(callback) {
      try {
        callback(null, textOf(Buffer.alloc(0), true));
      } catch (error) {
        callback(error as Error);
      }
    },
  });
}
