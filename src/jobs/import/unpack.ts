/** Gzip data of any number of members, as gzip(1) reads it; what it would pass over is an error here. */
import { createGunzip } from 'node:zlib';

const PIECE_BYTES = 65_536;

/** Something stands behind the gzip data: rows, perhaps, which must not be lost quietly. */
export class DataBehindGzip extends Error {}

/** Whether the bytes begin as gzip data does. */
export function isGzip(start: Buffer): boolean {
  return start[0] === 0x1f && start[1] === 0x8b;
}

/**
 * Zero bytes behind the last member are padding and no data. Throws DataBehindGzip when anything else follows them, and
 * the errors of zlib (`Z_BUF_ERROR`: cut off; other `Z_...`: damaged).
 */
export async function* unpackGzip(blocks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const gunzip = createGunzip({ chunkSize: PIECE_BYTES });
  // They are met by whoever reads; here they would end the process when nobody reads any more.
  gunzip.on('error', () => {});
  let length = 0;
  /** Number of bytes up to the last one that is not zero. */
  let padded = 0;
  let isClosed = false;
  const feed = async () => {
    for await (const block of blocks) {
      if (isClosed) return;
      const zeros = trailingZeros(block);
      if (zeros < block.length) padded = length + block.length - zeros;
      length += block.length;
      // Behind zero bytes zlib takes no more; the rest of the file is still looked at.
      if (!gunzip.readableEnded && !gunzip.destroyed) await write(block);
    }
    if (!gunzip.destroyed) gunzip.end();
  };
  const write = (block: Buffer) =>
    new Promise<void>((resolve) => {
      // Its errors come out of the reading side too; one of a stream that has ended is none.
      gunzip.write(block, () => resolve());
    });
  const fed = feed().catch((error: unknown) => {
    if (gunzip.destroyed) throw error;
    gunzip.destroy(error as Error);
  });
  fed.catch(() => {});
  try {
    for await (const piece of gunzip) yield piece as Buffer;
    await fed;
    if (padded > gunzip.bytesWritten) throw new DataBehindGzip();
  } finally {
    isClosed = true;
    gunzip.destroy();
  }
}

function trailingZeros(block: Buffer): number {
  let at = block.length;
  while (at > 0 && block[at - 1] === 0) at--;
  return block.length - at;
}
