/** An ItemReader for the records of files: plain or packed, one, several, or those that match a pattern. */

import type { ExecutionContext } from '../engine/execution-context.ts';
import { ExitCode, isSettleError, SettleError } from '../errors.ts';
import type { ItemReader } from '../steps/item-step.ts';
import { type FileFormat, recordsOf } from './file-formats.ts';
import type { FileRecord } from './file-record.ts';
import { type BytesOptions, filesOf, fingerprint, openBytes, type SourceFile } from './file-source.ts';
import { changedBelow } from './item-error.ts';
import { jsonText } from './parse-json.ts';
import { Places } from './places.ts';
import type { PlainRow } from './plain-rows.ts';

export interface FileReaderOptions<T> extends BytesOptions {
  /** Path, list of paths, pattern (`in/*.csv`), or `-` for the standard input. */
  readonly source: string | readonly string[];
  readonly format: FileFormat;
  /** The item of a record; throws what is wrong with it. Default: the record, whose values are texts in CSV. */
  readonly itemOf?: (record: PlainRow) => T;
}

const FILE = 'file';
const FILES = 'files';
const RECORDS_DONE = 'recordsDone';
const FINGERPRINT = 'fingerprint';

/**
 * Items in the order of the files and of their records. A restart passes over the records that are done, and refuses a
 * file that is another one. A record that cannot be read is an error of kind RECORD_FORMAT, which a step may skip; a file
 * that cannot be read any further is FILE_UNREADABLE, after which nothing more comes of it.
 */
export function fileReader<T = PlainRow>(options: FileReaderOptions<T>): ItemReader<T, unknown> {
  return new FileReader(options);
}

class FileReader<T> implements ItemReader<T, unknown> {
  readonly goesByPlace = true;
  readonly #options: FileReaderOptions<T>;
  #files: readonly SourceFile[] = [];
  #file = 0;
  #records: AsyncGenerator<FileRecord[]> | undefined;
  #batch: readonly FileRecord[] = [];
  #next = 0;
  /** Of the present file. */
  #recordsRead = 0;
  readonly #places = new Places();
  readonly #fingerprints = new Map<number, string>();
  #failure: unknown;
  /** Messages of errors, without the place. */
  readonly #messages = new WeakMap<Error, string>();

  constructor(options: FileReaderOptions<T>) {
    this.#options = options;
  }

  async open(executionContext: ExecutionContext): Promise<void> {
    this.#files = await filesOf(this.#options.source);
    const known = executionContext.getString(FILES);
    if (known !== undefined && known !== this.#names()) throw changedBelow('the list of files', `it was ${known}`);
    const done = Number(executionContext.getLong(RECORDS_DONE) ?? 0n);
    this.#file = Number(executionContext.getLong(FILE) ?? 0n);
    if (done === 0) return;
    const { name } = this.#files[this.#file];
    if (executionContext.getString(FINGERPRINT) !== this.#fingerprintOf(this.#file))
      throw changedBelow(name, 'its size or its beginning is another one');
    while (this.#recordsRead < done) {
      if (!(await this.#fill()))
        throw changedBelow(name, `it had ${done} records or more, and has ${this.#recordsRead}`);
      const passed = Math.min(this.#batch.length - this.#next, done - this.#recordsRead);
      this.#next += passed;
      this.#recordsRead += passed;
    }
  }

  read(): T | undefined | Promise<T | undefined> {
    return this.#next < this.#batch.length ? this.#takeItem() : this.#readOn();
  }

  saveState(executionContext: ExecutionContext, _last: T, itemsDone: number): void {
    const { file, position } = this.#places.at(itemsDone);
    executionContext.put(FILES, this.#names());
    executionContext.put(FILE, BigInt(file));
    executionContext.put(RECORDS_DONE, BigInt(position));
    executionContext.put(FINGERPRINT, this.#fingerprintOf(file));
  }

  async close(): Promise<void> {
    await this.#records?.return(undefined);
  }

  async #readOn(): Promise<T | undefined> {
    // A step that skips this error would else take the rest for the end.
    if (this.#failure !== undefined) throw this.#failure;
    for (; this.#file < this.#files.length; this.#file++) {
      if (await this.#fill()) return this.#takeItem();
      this.#records = undefined;
      this.#recordsRead = 0;
    }
    return undefined;
  }

  /** The next batch of the present file; false at its end. */
  async #fill(): Promise<boolean> {
    const file = this.#files[this.#file];
    this.#batch = [];
    this.#next = 0;
    try {
      this.#records ??= recordsOf(openBytes(file, this.#options), this.#options.format);
      const { value, done } = await this.#records.next();
      if (done === true) return false;
      this.#batch = value;
      return true;
    } catch (error) {
      this.#failure = isSettleError(error) ? error : unreadable(file.name, error);
      throw this.#failure;
    }
  }

  #takeItem(): T {
    const { line, item, problem, payload } = this.#batch[this.#next++];
    this.#recordsRead++;
    const { itemOf } = this.#options;
    try {
      if (item === undefined) throw recordError(problem ?? 'no record');
      const made = itemOf === undefined ? (item as T) : itemOf(item);
      // It would be taken for the end.
      if (made === undefined) throw recordError('itemOf makes no item of it; a processor filters');
      this.#places.handedOut(this.#file, this.#recordsRead);
      return made;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const { name } = this.#files[this.#file];
      // One error may be thrown for many records, and the message of some is read-only.
      const own = this.#messages.get(error) ?? error.message;
      this.#messages.set(error, own);
      Object.defineProperty(error, 'message', { value: `${name}:${line}: ${own}`, configurable: true, writable: true });
      throw Object.assign(error, { itemKey: `${name}:${line}`, payload: payload ?? jsonText(item) });
    }
  }

  #names(): string {
    return JSON.stringify(this.#files.map(({ name }) => name));
  }

  #fingerprintOf(file: number): string {
    const known = this.#fingerprints.get(file) ?? fingerprint(this.#files[file]);
    this.#fingerprints.set(file, known);
    return known;
  }
}

function recordError(problem: string): SettleError {
  return new SettleError('RECORD_FORMAT', ExitCode.usage, problem, {
    hint: 'let the step skip it; a corrected file is another one, for a run of its own',
  });
}

function unreadable(file: string, cause: unknown): SettleError {
  const problem = cause instanceof Error ? cause.message : String(cause);
  return new SettleError('FILE_UNREADABLE', ExitCode.usage, `${file}: ${problem}`, {
    hint: 'nothing behind that place is read; a corrected file is another one, for a run of its own',
    cause,
  });
}
