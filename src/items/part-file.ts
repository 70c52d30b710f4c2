/** A file that is written at its end, with its length and checksum; it can be cut to what they were before. */
import {
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs';
import { crc32 } from 'node:zlib';
import { changedBelow } from './item-error.ts';

const BLOCK_BYTES = 1 << 20;

export class PartFile {
  readonly #path: string;
  #descriptor: number | undefined;
  #length: number;
  #checksum: number;

  private constructor(path: string, length: number, checksum: number) {
    this.#path = path;
    this.#length = length;
    this.#checksum = checksum;
    this.#descriptor = openSync(path, 'r+');
    ftruncateSync(this.#descriptor, length);
  }

  /** Instead of one that is there. @param from a file with whose contents it begins, where there is one */
  static create(path: string, from: string | undefined): PartFile {
    const isCopy = from !== undefined && existsSync(from);
    if (isCopy) copyFileSync(from, path, constants.COPYFILE_FICLONE);
    else closeSync(openSync(path, 'w'));
    const length = PartFile.lengthOf(path);
    return new PartFile(path, length, isCopy ? checksumOf(path, length) : 0);
  }

  /** As it was. @throws SettleError SOURCE_CHANGED when its bytes up to `length` are not those that had `checksum` */
  static cut(path: string, length: number, checksum: number): PartFile {
    const there = PartFile.lengthOf(path);
    if (there < length) throw changedBelow(path, `${length} bytes were committed, and it has ${there}`);
    if (checksumOf(path, length) !== checksum)
      throw changedBelow(path, `its first ${length} bytes are not those that were committed`);
    return new PartFile(path, length, checksum);
  }

  /** Whether the first bytes of a file, as many as `length`, are those that had `checksum`. */
  static hasChecksum(path: string, length: number, checksum: number): boolean {
    return PartFile.lengthOf(path) >= length && existsSync(path) && checksumOf(path, length) === checksum;
  }

  /** In bytes; 0 of a file that is not there. */
  static lengthOf(path: string): number {
    return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }

  get length(): number {
    return this.#length;
  }

  /** CRC-32 of all its bytes. */
  get checksum(): number {
    return this.#checksum;
  }

  append(text: string): void {
    const bytes = Buffer.from(text);
    const descriptor = this.#open();
    for (let done = 0; done < bytes.length; )
      done += writeSync(descriptor, bytes, done, bytes.length - done, this.#length + done);
    this.#length += bytes.length;
    this.#checksum = crc32(bytes, this.#checksum);
  }

  /** Onto the disk. */
  flush(): void {
    fdatasyncSync(this.#open());
  }

  close(): void {
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }

  #open(): number {
    if (this.#descriptor === undefined) throw new Error(`${this.#path} is closed`);
    return this.#descriptor;
  }
}

function checksumOf(path: string, length: number): number {
  const descriptor = openSync(path, 'r');
  try {
    const block = Buffer.allocUnsafe(BLOCK_BYTES);
    let checksum = 0;
    for (let done = 0; done < length; ) {
      const read = readSync(descriptor, block, 0, Math.min(BLOCK_BYTES, length - done), done);
      if (read === 0) break;
      checksum = crc32(block.subarray(0, read), checksum);
      done += read;
    }
    return checksum;
  } finally {
    closeSync(descriptor);
  }
}
