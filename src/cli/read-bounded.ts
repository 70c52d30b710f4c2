/** Reads what is small when it is right, and no more of it than that when it is not. */
import { readSync } from 'node:fs';

const PIECE_BYTES = 65_536;

/** The bytes of an open file, or of a pipe, up to its end; undefined when there are more than `bytesMax`. */
export function readBounded(file: number, bytesMax: number): Buffer | undefined {
  const pieces: Buffer[] = [];
  for (let length = 0; length <= bytesMax; ) {
    const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, bytesMax + 1 - length));
    const read = readSync(file, piece, 0, piece.length, null);
    if (read === 0) return Buffer.concat(pieces);
    pieces.push(piece.subarray(0, read));
    length += read;
  }
  return undefined;
}
