/**
 * Standard output and standard error, written so that neither a reader that is slow nor one that is gone decides how a
 * command ends. Node's own streams write in the main thread: a full pipe would hold up heartbeats and signals, and a
 * closed one would end the process by an event.
 */
import { fstatSync, write as writeDescriptor } from 'node:fs';
import { isatty } from 'node:tty';
import { visibleText } from '../../rules/visible-text.ts';

/** How often a descriptor that takes nothing for now (EAGAIN) is tried again. */
const RETRY_MS = 10;
/** Of a log that nobody reads; beyond it, lines are dropped and counted. */
const LOG_BYTES_MAX = 8 * 1024 * 1024;

export class OutputWriter {
  readonly #descriptor: 1 | 2;
  readonly #bytesMax: number;
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #dropped = 0;
  #failure: NodeJS.ErrnoException | undefined;
  #writing: Promise<void> | undefined;

  /** @param bytesMax what may wait for the reader before a write is dropped */
  constructor(descriptor: 1 | 2, bytesMax = Number.POSITIVE_INFINITY) {
    this.#descriptor = descriptor;
    this.#bytesMax = bytesMax;
  }

  /** Whether a person may be looking. Asks for no stream of Node's, which would make a pipe non-blocking for others. */
  get isTerminal(): boolean {
    return isatty(this.#descriptor);
  }

  /** Why nothing can be written any more; undefined as long as it can. */
  get failure(): NodeJS.ErrnoException | undefined {
    return this.#failure;
  }

  /** The reader has ended, or the terminal is gone: there is nobody to tell, and nothing of ours has failed. */
  get isReaderGone(): boolean {
    return this.#failure?.code === 'EPIPE' || (this.#failure?.code === 'EIO' && !this.#isFile());
  }

  /** Takes the text to be written in its turn, with nothing in it that a terminal would obey. Never throws. */
  write(text: string): void {
    if (this.#failure !== undefined || text === '') return;
    const bytes = Buffer.from(visibleText(text));
    if (this.#waitingBytes + bytes.length > this.#bytesMax) {
      this.#dropped++;
      return;
    }
    this.#add(bytes);
    this.#writing ??= this.#writeAll();
  }

  /** Resolves when all that was taken is written, or cannot be. Never rejects. */
  async drained(): Promise<void> {
    await this.#writing;
  }

  #add(bytes: Buffer): void {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
  }

  async #writeAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const bytes = this.#waiting.length === 1 ? this.#waiting[0] : Buffer.concat(this.#waiting);
      this.#waiting = [];
      this.#failure = await this.#writeBytes(bytes);
      this.#waitingBytes = 0;
      if (this.#failure !== undefined) {
        this.#waiting = [];
        break;
      }
      for (const left of this.#waiting) this.#waitingBytes += left.length;
      if (this.#dropped === 0) continue;
      this.#add(Buffer.from(`settle: ${this.#dropped} lines of the log were dropped: nobody read them in time\n`));
      this.#dropped = 0;
    }
    this.#writing = undefined;
  }

  /** In a thread of the pool: a pipe that is full blocks that thread only. */
  #writeBytes(bytes: Buffer): Promise<NodeJS.ErrnoException | undefined> {
    return new Promise((resolve) => {
      const writeFrom = (offset: number) => {
        writeDescriptor(this.#descriptor, bytes, offset, (error, written) => {
          if (error?.code === 'EAGAIN') setTimeout(writeFrom, RETRY_MS, offset);
          else if (error) resolve(error);
          else if (offset + written < bytes.length) writeFrom(offset + written);
          else resolve(undefined);
        });
      };
      writeFrom(0);
    });
  }

  #isFile(): boolean {
    try {
      return fstatSync(this.#descriptor).isFile();
    } catch {
      return false;
    }
  }
}

export const stdoutWriter = new OutputWriter(1);
export const stderrWriter = new OutputWriter(2, LOG_BYTES_MAX);

/** Resolves when everything that was written has reached its reader, or has none. */
export async function outputDrained(): Promise<void> {
  await Promise.all([stdoutWriter.drained(), stderrWriter.drained()]);
}
