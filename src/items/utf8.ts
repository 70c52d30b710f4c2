/** Text of other encodings as UTF-8; what is not valid in the encoding is refused, not replaced. */
import { Transform } from 'node:stream';
import { createDecoder, encodingTitle, InvalidText, parseEncoding } from './encoding.ts';

/**
 * @param encoding as in encoding.ts; `utf-16` without a byte order mark is little-endian
 * @throws SettleError USAGE for an encoding that is not known; the stream ends with a TypeError for bytes that do not fit
 */
export function toUtf8(encoding: string): Transform {
  const known = parseEncoding(encoding);
  const decode = createDecoder(known === 'utf-16' ? 'utf-16le' : known);
  let done = 0;
  const textOf = (bytes: Buffer, isEnd: boolean): Buffer => {
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
