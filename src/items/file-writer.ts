/**
 * An ItemWriter for files. They are written beside their place, `NAME.part`, and renamed when the step completes: nobody
 * sees half a file. Each chunk's bytes are on the disk before it is committed, together with their length and checksum; a
 * restart cuts the file to the length that was committed.
 */
import { copyFileSync, existsSync, renameSync, rmSync } from 'node:fs';
import { stringify } from 'csv-stringify/sync';
import type { ExecutionContext } from '../engine/execution-context.ts';
import { ExitCode, SettleError } from '../errors.ts';
import type { ItemWriter } from '../steps/item-step.ts';
import { addExactly } from './exact-sum.ts';
import { changedBelow } from './item-error.ts';
import { PartFile } from './part-file.ts';
import { sqlValueOf } from './table-writer.ts';

export interface FileWriterOptions<O> {
  /** With `rowsAFile`, `{n}` in it stands for the number of the file, from 1. */
  readonly path: string;
  /** CSV with these columns, or a JSON object a line. */
  readonly format:
    | { readonly type: 'csv'; readonly columns: readonly string[]; readonly header?: boolean }
    | { readonly type: 'ndjson' };
  /** The last line of each file: a text, or the values of a CSV line. */
  readonly footer?: (file: FileTotals) => string | readonly unknown[];
  /** Names of what is summed for the footer, exactly. */
  readonly sums?: readonly string[];
  /** Rows of a file, before the next one begins; files of an earlier run with greater numbers go. Default: one file. */
  readonly rowsAFile?: number;
  /**
   * `append` writes behind what the file has, which is copied to `NAME.part` first; a file with contents gets no header, and
   * one that somebody else has changed meanwhile is not replaced. Default `replace`.
   */
  readonly mode?: 'replace' | 'append';
  /** What is written of an item. Default: the item. */
  readonly recordOf?: (item: O) => object;
}

/** Of what was written to one file. */
export interface FileTotals {
  readonly rows: number;
  /** Decimals as texts, by name. */
  readonly sums: Readonly<Record<string, string>>;
}

const NUMBER = '{n}';
const FILE = 'outputFile';
const LENGTH = 'outputLength';
const CHECKSUM = 'outputChecksum';
const ROWS = 'outputRows';
const SUMS = 'outputSums';
/** Of an appended file: its length before. */
const BASE = 'outputBase';

export function fileWriter<O extends object>(options: FileWriterOptions<O>): ItemWriter<O, unknown> {
  const { rowsAFile, path, mode } = options;
  if (rowsAFile !== undefined && !path.includes(NUMBER))
    throw new TypeError(`files of ${rowsAFile} rows need ${NUMBER} in their path, not ${path}`);
  if (rowsAFile !== undefined && mode === 'append') throw new TypeError('files of so many rows are not appended to');
  return new FileWriter(options);
}

class FileWriter<O extends object> implements ItemWriter<O, unknown> {
  readonly #options: FileWriterOptions<O>;
  #number = 1;
  #rows = 0;
  #sums: Readonly<Record<string, string>> = {};
  #base = 0;
  #file: PartFile | undefined;

  constructor(options: FileWriterOptions<O>) {
    this.#options = options;
  }

  open(executionContext: ExecutionContext): void {
    const committed = executionContext.getLong(LENGTH);
    this.#number = Number(executionContext.getLong(FILE) ?? 1n);
    this.#removeLaterFiles();
    if (committed === undefined) {
      this.#beginFile();
      return;
    }
    this.#rows = Number(executionContext.getLong(ROWS) ?? 0n);
    this.#sums = { ...this.#zeros(), ...(executionContext.get(SUMS) as Record<string, string> | undefined) };
    this.#base = Number(executionContext.getLong(BASE) ?? 0n);
    this.#takeBack(Number(committed), Number(executionContext.getLong(CHECKSUM) ?? -1n));
    this.#file = PartFile.cut(part(this.#path()), Number(committed), Number(executionContext.getLong(CHECKSUM) ?? -1n));
  }

  async write(items: readonly O[]): Promise<void> {
    const { rowsAFile = Number.POSITIVE_INFINITY } = this.#options;
    if (this.#file === undefined) {
      // A replay has no step that would complete the file.
      const problem = `a record cannot be replayed into ${this.#options.path}, which is written as a whole`;
      throw new SettleError('FILE_NOT_OPEN', ExitCode.usage, problem, { hint: 'run the job anew' });
    }
    for (let first = 0; first < items.length; ) {
      if (this.#rows >= rowsAFile) {
        this.#endFile();
        this.#number++;
        this.#beginFile();
      }
      const slice = items.slice(first, first + (rowsAFile - this.#rows));
      this.#appendItems(slice);
      this.#rows += slice.length;
      first += slice.length;
    }
  }

  saveState(executionContext: ExecutionContext): void {
    const { length, checksum } = this.#file!;
    this.#file!.flush();
    executionContext.put(FILE, BigInt(this.#number));
    executionContext.put(LENGTH, BigInt(length));
    executionContext.put(CHECKSUM, BigInt(checksum));
    executionContext.put(ROWS, BigInt(this.#rows));
    if (this.#options.sums !== undefined) executionContext.put(SUMS, this.#sums);
    if (this.#options.mode === 'append') executionContext.put(BASE, BigInt(this.#base));
  }

  finish(): void {
    if (this.#options.mode === 'append') {
      this.#finishAppended();
      return;
    }
    this.#endFile();
    for (let number = 1; number <= this.#number; number++) {
      const path = this.#path(number);
      if (existsSync(part(path))) renameSync(part(path), path);
    }
    // Of an earlier run that was longer: a reader of all files would mix the two.
    if (this.#options.rowsAFile === undefined) return;
    for (let next = this.#number + 1; existsSync(this.#path(next)); next++) rmSync(this.#path(next));
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #finishAppended(): void {
    const path = this.#path();
    const lengthNow = PartFile.lengthOf(path);
    if (lengthNow !== this.#base)
      throw changedBelow(path, `it had ${this.#base} bytes when it was copied, and has ${lengthNow}`);
    // Nothing to append: a footer again and again would be all that changes.
    if (this.#rows > 0) this.#endFile();
    else this.close();
    if (this.#rows > 0) renameSync(part(path), path);
    else rmSync(part(path), { force: true });
  }

  /**
   * Of a run that ended when it had renamed the file, and before the step was completed: in the file's place stands what was
   * committed, and the footer. Anything else there is somebody else's.
   */
  #takeBack(committed: number, checksum: number): void {
    const path = this.#path();
    const footer = this.#rows > 0 ? Buffer.byteLength(this.#footerText()) : 0;
    const isOurs = PartFile.lengthOf(path) === committed + footer && PartFile.hasChecksum(path, committed, checksum);
    if (this.#options.mode !== 'append') {
      if (!existsSync(part(path)) && isOurs) renameSync(path, part(path));
      return;
    }
    if (!isOurs || committed === this.#base) return;
    copyFileSync(path, part(path));
    this.#base = PartFile.lengthOf(path);
  }

  /** Anew; an appended one with what is there. */
  #beginFile(): void {
    const { format, mode } = this.#options;
    const path = this.#path();
    this.#file = PartFile.create(part(path), mode === 'append' ? path : undefined);
    this.#rows = 0;
    this.#sums = this.#zeros();
    this.#base = this.#file.length;
    if (this.#base === 0 && format.type === 'csv' && format.header !== false)
      this.#file.append(stringify([format.columns]));
  }

  #endFile(): void {
    this.#file!.append(this.#footerText());
    this.#file!.flush();
    this.close();
  }

  #footerText(): string {
    const { footer } = this.#options;
    if (footer === undefined) return '';
    const line = footer({ rows: this.#rows, sums: this.#sums });
    return typeof line === 'string' ? `${line}\n` : stringify([line.map(plainValue)]);
  }

  /** Those that a run has begun and not committed. */
  #removeLaterFiles(): void {
    if (this.#options.rowsAFile === undefined) return;
    for (let next = this.#number + 1; existsSync(part(this.#path(next))); next++) rmSync(part(this.#path(next)));
  }

  #appendItems(items: readonly O[]): void {
    const { format, recordOf, sums = [] } = this.#options;
    const records: readonly object[] = recordOf === undefined ? items : items.map(recordOf);
    const added: Record<string, string> = { ...this.#sums };
    const lines: string[] = [];
    const rows: unknown[][] = [];
    for (const [index, record] of records.entries()) {
      try {
        for (const name of sums) added[name] = addExactly(added[name], memberOf(record, name));
        if (format.type === 'csv') rows.push(format.columns.map((name) => plainValue(memberOf(record, name))));
        else lines.push(`${JSON.stringify(record, plainJson)}\n`);
      } catch (error) {
        throw Object.assign(error as Error, { item: items[index] });
      }
    }
    // Of one column, an empty value would be an empty line, which no reader takes for a row.
    const quoted_empty = format.type === 'csv' && format.columns.length === 1;
    this.#file!.append(format.type === 'csv' ? stringify(rows, { quoted_empty }) : lines.join(''));
    this.#sums = added;
  }

  #zeros(): Record<string, string> {
    return Object.fromEntries((this.#options.sums ?? []).map((name) => [name, '0']));
  }

  #path(number = this.#number): string {
    return this.#options.path.replace(NUMBER, String(number));
  }
}

function memberOf(record: object, name: string): unknown {
  const value: unknown = Reflect.get(record, name);
  if (value === undefined) throw new TypeError(`the record for the file has no ${name}`);
  return value;
}

/** As tableWriter writes it. */
function plainValue(value: unknown): unknown {
  return typeof value === 'bigint' || typeof value === 'boolean' || value instanceof Date
    ? String(sqlValueOf(value))
    : value;
}

/** JSON knows no integer beyond 2^53: it goes as text. */
function plainJson(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

function part(path: string): string {
  return `${path}.part`;
}
