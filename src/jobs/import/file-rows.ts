/** The file of a run as an ItemReader, and the steps that write its rows one by one. */
import type { Database, Transaction } from '../../database/database.ts';
import type { ExecutionContext } from '../../engine/execution-context.ts';
import type { JobParameters } from '../../engine/parameters.ts';
import type { ChunkStep } from '../../engine/step.ts';
import type { StepContext } from '../../engine/step-context.ts';
import { type ItemReader, type ItemStepOptions, type ItemWriter, itemStep } from '../../steps/item-step.ts';
import { FILE_ROWS, type RowSource } from './row-source.ts';

const CHUNK_ROWS = 10_000;
/** Rows of the file that are committed: where a restart goes on. */
const ROWS_DONE = 'rowsDone';

export type OpenRows<T> = (parameters: JobParameters, checked: ExecutionContext) => Promise<RowSource<T>>;

/** Goes on behind the rows that are committed. */
export class FileRows<T> implements ItemReader<T, unknown> {
  readonly goesByPlace = true;
  readonly source: RowSource<T>;
  /** Rows that are read at a time. */
  readonly #batchRows: number;
  #rowsBefore = 0n;
  #rowsTaken = 0;
  #batch: readonly T[] = [];
  #next = 0;

  constructor(source: RowSource<T>, { options }: Pick<StepContext, 'options'>) {
    this.source = source;
    this.#batchRows = options.chunkSize ?? CHUNK_ROWS;
  }

  /** Opened, and closed again when it cannot go where the last commit was. */
  static async open<T>(context: StepContext, open: OpenRows<T>): Promise<FileRows<T>> {
    const { parameters, jobContext, executionContext } = context;
    const rows = new FileRows(await open(parameters, jobContext), context);
    try {
      await rows.open(executionContext);
      return rows;
    } catch (error) {
      rows.close();
      throw error;
    }
  }

  async open(executionContext: ExecutionContext): Promise<void> {
    this.#rowsBefore = executionContext.getLong(ROWS_DONE) ?? 0n;
    await this.source.skip(Number(this.#rowsBefore));
  }

  read(): T | undefined | Promise<T | undefined> {
    return this.#next < this.#batch.length ? this.#batch[this.#next++] : this.#readOn();
  }

  /** For steps that judge the rows of a chunk together, instead of `read`. */
  async readChunk(limit: number): Promise<{ readonly items: readonly T[]; readonly size: number } | undefined> {
    const items = await this.source.read(limit);
    if (items === undefined) return undefined;
    this.#rowsTaken += items.length;
    return { items, size: items.length };
  }

  saveState(executionContext: ExecutionContext, _last?: T, itemsDone = this.#rowsTaken): void {
    executionContext.put(ROWS_DONE, this.#rowsBefore + BigInt(itemsDone));
  }

  close(): void {
    this.source.close();
  }

  async #readOn(): Promise<T | undefined> {
    this.#batch = (await this.source.read(this.#batchRows)) ?? [];
    this.#next = 0;
    return this.#next < this.#batch.length ? this.#batch[this.#next++] : undefined;
  }
}

/** As the first step of an import has counted them. */
export function rowsExpected({ jobContext }: StepContext): number | undefined {
  const rows = jobContext.getLong(FILE_ROWS);
  return rows === undefined ? undefined : Number(rows);
}

export interface WriteRowsOptions<T, O>
  extends Omit<ItemStepOptions<T, O>, 'chunkSize' | 'reader' | 'writer' | 'totalExpected'> {
  readonly open: OpenRows<T>;
  writer(scope: {
    readonly database: Database;
    readonly parameters: JobParameters;
    readonly source: RowSource<T>;
  }): ItemWriter<O, unknown> | ((rows: readonly O[], tx: Transaction) => Promise<void>);
}

/** A step that writes the rows of the file. */
export function writeRowsStep<T, O = T>({ open, writer, ...options }: WriteRowsOptions<T, O>): ChunkStep {
  // The reader of an opening is made before its writer.
  const sources = new WeakMap<ExecutionContext, RowSource<T>>();
  return itemStep<T, O>({
    ...options,
    chunkSize: CHUNK_ROWS,
    totalExpected: async (context) => rowsExpected(context),
    async reader(context) {
      const { parameters, jobContext, executionContext } = context;
      const source = await open(parameters, jobContext);
      sources.set(executionContext, source);
      return new FileRows(source, context);
    },
    writer({ database, parameters, executionContext }) {
      const made = writer({ database, parameters, source: sources.get(executionContext)! });
      return typeof made === 'function' ? { write: made } : made;
    },
  });
}
