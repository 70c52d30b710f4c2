/** Inserts a batch as multi-row INSERTs whose text is written straight from its bytes, the way that both servers take. */
import type { ColumnBatch, ColumnSpec, Int64Column } from './column-batch.ts';
import { digitsAt, sqlRowAt } from './column-values.ts';
import type { Executor } from './connection.ts';
import type { InsertSyntax } from './dialect.ts';
import { insertServerRows, STATEMENT_LENGTH_MAX, sendText, type TextConnection } from './insert-rows-server.ts';
import { withRawConnection } from './raw-connection.ts';
import { wireTimeText } from './wire-time.ts';

/** A row with more is sent by itself, its bytes as parameters: as text they would be twice as long. */
const ROW_BYTES_MAX = 8 * 1024;
/** Of a value that is no text: digits, or a time in quotes. */
const VALUE_LENGTH_MAX = 40;
/** Up to here a loop over the bytes is faster than calls out of JavaScript. */
const TINY = 40;
const [COMMA, OPEN, CLOSE, QUOTE, BACKSLASH] = [44, 40, 41, 39, 92];
const CONTROL_Z = 26;

export async function insertServerColumns(executor: Executor, syntax: InsertSyntax, batch: ColumnBatch): Promise<void> {
  const statement = new StatementText(syntax.head);
  const texts = batch.columns.flatMap((column) => ('length' in column ? [column.length] : []));
  await withRawConnection(executor, async (connection: TextConnection) => {
    const flush = async () => {
      if (!statement.isEmpty) await sendText(connection, statement.take(syntax.tail));
    };
    for (let row = 0; row < batch.size; row++) {
      let rowBytes = 0;
      for (const lengths of texts) rowBytes += lengths[row];
      if (rowBytes > ROW_BYTES_MAX) {
        await flush();
        await insertServerRows(executor, syntax, [sqlRowAt(batch, row)]);
        continue;
      }
      statement.addRow(batch, row, rowBytes);
      if (statement.length >= STATEMENT_LENGTH_MAX) await flush();
    }
    await flush();
  });
}

/** An INSERT in the making, as UTF-8. The session's sql_mode (session-settings.ts) is one in which the backslash escapes. */
class StatementText {
  readonly #head: Buffer;
  #bytes = Buffer.allocUnsafeSlow(STATEMENT_LENGTH_MAX * 2);
  #length = 0;

  constructor(head: string) {
    this.#head = Buffer.from(head);
    if (this.#head.length > STATEMENT_LENGTH_MAX) this.#bytes = Buffer.allocUnsafeSlow(this.#head.length * 2);
    this.#length = this.#head.copy(this.#bytes);
  }

  get length(): number {
    return this.#length;
  }

  get isEmpty(): boolean {
    return this.#length === this.#head.length;
  }

  /** The whole text; the next one begins. */
  take(tail: string): string {
    const text = this.#bytes.toString('utf8', 0, this.#length) + tail;
    this.#length = this.#head.length;
    return text;
  }

  addRow(batch: ColumnBatch, row: number, rowBytes: number): void {
    const { columns } = batch;
    this.#reserve(2 * rowBytes + columns.length * VALUE_LENGTH_MAX + 3);
    if (!this.isEmpty) this.#bytes[this.#length++] = COMMA;
    this.#bytes[this.#length++] = OPEN;
    for (let c = 0; c < columns.length; c++) {
      if (c > 0) this.#bytes[this.#length++] = COMMA;
      this.#addValue(batch, c, row);
    }
    this.#bytes[this.#length++] = CLOSE;
  }

  #addValue(batch: ColumnBatch, index: number, row: number): void {
    const column = batch.columns[index];
    if (batch.isNull(row, index)) this.#addAscii('NULL');
    else if (column.type === 'text' || column.type === 'json' || column.type === 'decimal') {
      this.#addText(batch.bytes, column.at[row], column.length[row]);
    } else if (column.type === 'int64' && isInt32(column, row, batch.specs[index])) {
      this.#addInt32(column.words[2 * row]);
    } else this.#addAscii(literalAt(batch, index, row));
  }

  #addAscii(text: string): void {
    if (text.length > TINY) {
      this.#length += this.#bytes.write(text, this.#length, 'latin1');
      return;
    }
    for (let i = 0; i < text.length; i++) this.#bytes[this.#length++] = text.charCodeAt(i);
  }

  #addInt32(value: number): void {
    const bytes = this.#bytes;
    let rest = value;
    if (value < 0) {
      bytes[this.#length++] = 45;
      rest = -value;
    }
    let digits = 1;
    for (let limit = 10; limit <= rest; limit *= 10) digits++;
    this.#length += digits;
    for (let at = this.#length - 1; digits > 0; at--, digits--) {
      const next = Math.floor(rest / 10);
      bytes[at] = 48 + rest - next * 10;
      rest = next;
    }
  }

  /** No byte of a longer character of UTF-8 is one of those that are escaped. */
  #addText(from: Buffer, at: number, length: number): void {
    const bytes = this.#bytes;
    let to = this.#length;
    bytes[to++] = QUOTE;
    for (let i = at; i < at + length; i++) {
      const byte = from[i];
      if (byte === QUOTE || byte === BACKSLASH) bytes[to++] = BACKSLASH;
      else if (byte === 0 || byte === CONTROL_Z) {
        bytes[to++] = BACKSLASH;
        bytes[to++] = byte === 0 ? 48 : 90;
        continue;
      }
      bytes[to++] = byte;
    }
    bytes[to++] = QUOTE;
    this.#length = to;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#length + more, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#length);
    this.#bytes = larger;
  }
}

function isInt32({ words }: Int64Column, row: number, { isUnsigned = false }: ColumnSpec): boolean {
  const [low, high] = [words[2 * row], words[2 * row + 1]];
  return high === low >> 31 && !(isUnsigned && high < 0);
}

/** Of a value that is no text. */
function literalAt(batch: ColumnBatch, index: number, row: number): string {
  const column = batch.columns[index];
  switch (column.type) {
    case 'int64':
      return digitsAt(batch, index, row);
    case 'double':
      if (!Number.isFinite(column.values[row])) throw new RangeError(`${column.values[row]} cannot be stored`);
      return String(column.values[row]);
    case 'bytes':
      return `x'${batch.bytes.toString('hex', column.at[row], column.at[row] + column.length[row])}'`;
    case 'wire-date':
    case 'wire-datetime':
    case 'wire-time': {
      const { fraction = 0 } = batch.specs[index];
      return `'${wireTimeText(batch.bytes, column.at[row], column.length[row], column.type, fraction)}'`;
    }
    default:
      throw new TypeError(`a column of the type ${column.type} does not hold all of its value`);
  }
}
