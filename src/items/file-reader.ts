/** An ItemReader for the records of files: plain or packed, one, several, or those that match a pattern. */
import type { ExecutionContext } from '../engine/execution-context.ts';
import { ExitCode, SettleError } from '../errors.ts';
import type { ItemReader } from '../steps/item-step.ts';
import { type FileFormat, type FileRecord, recordsOf } from './file-formats.ts';
import { type Compression, fingerprint, openBytes, pathsOf } from './file-source.ts';
import { changedBelow } from './item-error.ts';
import type { PlainRow } from './plain-rows.ts';

export interface FileReaderOptions<T> {
  /** Path, list of paths, pattern (`in/*.csv`), or `-` for the standard input. */
  readonly source: string | readonly string[];
  readonly format: FileFormat;
  /** Default: by the name, `.gz` and `.zst`. */
  readonly compression?: Compression;
  /** The item of a record; throws what is wrong with it. Default: the record, whose values are texts in CSV. */
  readonly itemOf?: (record: PlainRow) => T;
}

const FILE = 'file';
const FILES = 'files';
const RECORDS_DONE = 'recordsDone';
const FINGERPRINT = 'fingerprint';

/**
 * Items in the order of the files and of their records. A restart passes over the records that are done, and refuses a
 * file that is another one. A record that cannot be read is an error of kind RECORD_FORMAT, which a step may skip.
 */
export function fileReader<T extends object = PlainRow>(options: FileReaderOptions<T>): ItemReader<T, unknown> {
  return new FileReader(options);
}

interface Place {
  readonly file: number;
  /** Records of that file up to this one. */
  readonly records: number;
}

class FileReader<T extends object> implements ItemReader<T, unknown> {
  readonly #options: FileReaderOptions<T>;
  #paths: readonly string[] = [];
  #file = 0;
  #records: AsyncGenerator<FileRecord[]> | undefined;
  #batch: readonly FileRecord[] = [];
  #next = 0;
  #recordsRead = 0;
  readonly #places = new WeakMap<T, Place>();
  readonly #fingerprints = new Map<number, string>();

  constructor(options: FileReaderOptions<T>) {
    this.#options = options;
  }

  async open(executionContext: ExecutionContext): Promise<void> {
    this.#paths = pathsOf(this.#options.source);
    const known = executionContext.getString(FILES);
    if (known !== undefined && known !== JSON.stringify(this.#paths))
      throw changedBelow('the list of files', `it was ${known}`);
    const done = Number(executionContext.getLong(RECORDS_DONE) ?? 0n);
    this.#file = Number(executionContext.getLong(FILE) ?? 0n);
    const path = this.#paths[this.#file];
    if (done > 0 && executionContext.getString(FINGERPRINT) !== this.#fingerprintOf(this.#file))
      throw changedBelow(path, 'its size or its beginning is another one');
    while (this.#recordsRead < done) {
      if ((await this.#nextOfFile()) === undefined)
        throw changedBelow(path, `it had ${done} records or more, and has ${this.#recordsRead}`);
    }
  }

  read(): T | undefined | Promise<T | undefined> {
    return this.#next < this.#batch.length ? this.#itemOf(this.#batch[this.#next++]) : this.#readOn();
  }

  saveState(executionContext: ExecutionContext, last: T): void {
    const { file, records } = this.#places.get(last)!;
    executionContext.put(FILES, JSON.stringify(this.#paths));
    executionContext.put(FILE, BigInt(file));
    executionContext.put(RECORDS_DONE, BigInt(records));
    executionContext.put(FINGERPRINT, this.#fingerprintOf(file));
  }

  async close(): Promise<void> {
    await this.#records?.return(undefined);
  }

  async #readOn(): Promise<T | undefined> {
    for (; this.#file < this.#paths.length; this.#file++) {
      const record = await this.#nextOfFile();
      if (record !== undefined) return this.#itemOf(record, false);
      this.#records = undefined;
      this.#recordsRead = 0;
    }
    return undefined;
  }

  async #nextOfFile(): Promise<FileRecord | undefined> {
    if (this.#next >= this.#batch.length) {
      const { format, compression } = this.#options;
      this.#records ??= recordsOf(openBytes(this.#paths[this.#file], compression), format);
      const { value, done } = await this.#records.next();
      this.#batch = done === true ? [] : value;
      this.#next = 0;
      if (done === true) return undefined;
    }
    this.#recordsRead++;
    return this.#batch[this.#next++];
  }

  #itemOf({ line, item, problem, payload }: FileRecord, counts = true): T {
    if (counts) this.#recordsRead++;
    const path = this.#paths[this.#file];
    try {
      if (item === undefined) throw recordError(problem ?? 'no record');
      const { itemOf } = this.#options;
      const made = itemOf === undefined ? (item as T) : itemOf(item);
      this.#places.set(made, { file: this.#file, records: this.#recordsRead });
      return made;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      error.message = `${path}:${line}: ${error.message}`;
      throw Object.assign(error, { itemKey: `${path}:${line}`, payload: payload ?? JSON.stringify(item) });
    }
  }

  #fingerprintOf(file: number): string {
    const known = this.#fingerprints.get(file) ?? fingerprint(this.#paths[file]);
    this.#fingerprints.set(file, known);
    return known;
  }
}

function recordError(problem: string): SettleError {
  return new SettleError('RECORD_FORMAT', ExitCode.usage, problem, {
    hint: 'correct that record, or let the step skip it',
  });
}
