/**
 * An ItemWriter for files. They are written beside their place, `NAME.part`, and renamed when the step completes: nobody
 * sees half a file. Each chunk's bytes are on the disk before it is committed, together with their length; a restart cuts
 * the file to the length that was committed.
 */
import { closeSync, existsSync, fdatasyncSync, ftruncateSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { stringify } from 'csv-stringify/sync';
import type { ExecutionContext } from '../engine/execution-context.ts';
import type { ItemWriter } from '../steps/item-step.ts';

export interface FileWriterOptions<O> {
  /** With `rowsAFile`, `{n}` in it stands for the number of the file, from 1. */
  readonly path: string;
  /** CSV with these columns, or a JSON object a line. */
  readonly format:
    | { readonly type: 'csv'; readonly columns: readonly string[]; readonly header?: boolean }
    | { readonly type: 'ndjson' };
  /** The last line of each file. */
  readonly footer?: (file: { readonly rows: number }) => string;
  /** Rows of a file, before the next one begins. Default: one file. */
  readonly rowsAFile?: number;
  /** What is written of an item. Default: the item. */
  readonly recordOf?: (item: O) => object;
}

const NUMBER = '{n}';
const FILE = 'outputFile';
const LENGTH = 'outputLength';
const ROWS = 'outputRows';

export function fileWriter<O extends object>(options: FileWriterOptions<O>): ItemWriter<O, unknown> {
  if (options.rowsAFile !== undefined && !options.path.includes(NUMBER))
    throw new TypeError(`files of ${options.rowsAFile} rows need ${NUMBER} in their path, not ${options.path}`);
  return new FileWriter(options);
}

class FileWriter<O extends object> implements ItemWriter<O, unknown> {
  readonly #options: FileWriterOptions<O>;
  /** Number of the file, its length in bytes and in rows. */
  #number = 1;
  #length = 0;
  #rows = 0;
  #file: number | undefined;

  constructor(options: FileWriterOptions<O>) {
    this.#options = options;
  }

  open(executionContext: ExecutionContext): void {
    this.#number = Number(executionContext.getLong(FILE) ?? 1n);
    this.#length = Number(executionContext.getLong(LENGTH) ?? 0n);
    this.#rows = Number(executionContext.getLong(ROWS) ?? 0n);
    const path = this.#path();
    // Renamed, and killed before the step was completed.
    if (this.#length > 0 && !existsSync(part(path)) && existsSync(path)) renameSync(path, part(path));
    this.#openFile();
    if (this.#options.rowsAFile !== undefined)
      for (let next = this.#number + 1; existsSync(part(this.#path(next))); next++) rmSync(part(this.#path(next)));
  }

  async write(items: readonly O[]): Promise<void> {
    const { rowsAFile = Number.POSITIVE_INFINITY } = this.#options;
    for (let first = 0; first < items.length; ) {
      if (this.#rows >= rowsAFile) this.#beginNextFile();
      const slice = items.slice(first, first + (rowsAFile - this.#rows));
      this.#append(this.#textOf(slice));
      this.#rows += slice.length;
      first += slice.length;
    }
  }

  saveState(executionContext: ExecutionContext): void {
    fdatasyncSync(this.#file!);
    executionContext.put(FILE, BigInt(this.#number));
    executionContext.put(LENGTH, BigInt(this.#length));
    executionContext.put(ROWS, BigInt(this.#rows));
  }

  finish(): void {
    this.#endFile();
    for (let number = 1; number <= this.#number; number++) {
      const path = this.#path(number);
      if (existsSync(part(path))) renameSync(part(path), path);
    }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  /** Cuts it to its committed length; a new one begins with its header. */
  #openFile(): void {
    const path = part(this.#path());
    this.#file = openSync(path, existsSync(path) ? 'r+' : 'w');
    ftruncateSync(this.#file, this.#length);
    const { format } = this.#options;
    if (this.#length === 0 && format.type === 'csv' && format.header !== false)
      this.#append(stringify([format.columns]));
  }

  #beginNextFile(): void {
    this.#endFile();
    this.#number++;
    this.#length = 0;
    this.#rows = 0;
    this.#openFile();
  }

  #endFile(): void {
    const { footer } = this.#options;
    if (footer !== undefined) this.#append(`${footer({ rows: this.#rows })}\n`);
    fdatasyncSync(this.#file!);
    this.close();
  }

  #append(text: string): void {
    const bytes = Buffer.from(text);
    for (let done = 0; done < bytes.length; )
      done += writeSync(this.#file!, bytes, done, bytes.length - done, this.#length + done);
    this.#length += bytes.length;
  }

  #textOf(items: readonly O[]): string {
    const { format, recordOf } = this.#options;
    const records: readonly object[] = recordOf === undefined ? items : items.map(recordOf);
    if (format.type === 'ndjson') return records.map((record) => `${JSON.stringify(record, plainJson)}\n`).join('');
    return stringify(records.map((record) => format.columns.map((name) => columnValue(record, name))));
  }

  #path(number = this.#number): string {
    return this.#options.path.replace(NUMBER, String(number));
  }
}

function columnValue(record: object, name: string): unknown {
  const value: unknown = Reflect.get(record, name);
  if (value === undefined) throw new TypeError(`an item for the file has no ${name}`);
  return typeof value === 'bigint' ? value.toString() : value;
}

/** JSON knows no integer beyond 2^53: it goes as text. */
function plainJson(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

function part(path: string): string {
  return `${path}.part`;
}
