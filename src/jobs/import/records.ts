/** The lines of an input file as records of text fields, streamed with bounded memory, each with its line number. */
import { pipeline } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { type InputSource, openText, textError } from './input-text.ts';
import type { Tail } from './line-ends.ts';
import { malformed } from './malformed.ts';

/** A longer record means that a quote was never closed, or that this is no table. */
const RECORD_CHARACTERS_MAX = 1_000_000;
/** The parser counts the characters of fields alone: a line of commas would have no end. UTF-8 takes up to 4 bytes. */
const LINE_BYTES_MAX = 4 * RECORD_CHARACTERS_MAX;
/** What the records of one read weigh together at most, in bytes of memory; the one that goes beyond is the last. */
const BATCH_BYTES_MAX = 16_000_000;
/** Of a record, and of each of its fields, beside the characters. */
const OBJECT_BYTES = 32;
const QUOTE_HINT = 'a field with quotes in it is quoted itself, and each of them doubled';

export interface InputRecord {
  readonly fields: readonly string[];
  /** Of the record's last line, from 1, the header included. */
  readonly line: number;
  /** Of a last line that has no end: how it stops. */
  readonly tail?: Tail;
}

export interface FileRecord extends InputRecord {
  /** As they are in the file; `fields` may hold fewer: `Records.keep`. */
  readonly fieldCount: number;
}

export interface Records {
  readonly header: readonly string[];
  /** How the header stops when it is the last line, and has no end. */
  readonly headerTail: Tail | undefined;
  /**
   * At most `limit` records, fewer when they are large; none at the end. Throws a MALFORMED_INPUT error with file and
   * line.
   */
  read(limit: number): Promise<FileRecord[]>;
  /**
   * From now on a record with as many fields as the header holds these fields alone, in this order. Others stay whole:
   * they are wrong, and may be shown.
   */
  keep(places: readonly number[]): void;
  close(): void;
}

/** Opens the file and reads its header. */
export async function openRecords(source: InputSource): Promise<Records> {
  const { path, name } = source;
  const text = await openText(source);
  const isTsv = text.delimiter === '\t';
  const options = {
    delimiter: text.delimiter,
    record_delimiter: '\n',
    info: true,
    skip_empty_lines: true,
    trim: true,
    // A record with more or fewer fields than the header is the caller's to refuse: it may only be set aside.
    relax_column_count: true,
    max_record_size: RECORD_CHARACTERS_MAX,
    // Tab separated files rarely quote, and then a quote is an ordinary character.
    relax_quotes: isTsv,
    // Records that wait to be read; what is read at once is pushed at once all the same.
    readableHighWaterMark: 1,
  };
  const parser = parse(options);
  const tailOf = (at: number): Tail | undefined => {
    const open = text.openLine();
    if (open?.line !== at) return undefined;
    return isTsv && open.tail === 'quote' ? 'bare' : open.tail;
  };
  let line = 0;
  let ended: { readonly error: unknown } | undefined;
  let wake = () => {};
  parser.on('readable', () => wake());
  // Errors of every stream end here: pipeline destroys the parser with them.
  pipeline(boundedLines(text.pieces), parser, (error) => {
    ended ??= { error };
    wake();
  });
  parser.on('end', () => {
    ended ??= { error: undefined };
    wake();
  });
  // Not by the parser's iterator: a promise for each record costs as much as parsing it.
  let headerLength: number | undefined;
  let kept: readonly number[] | undefined;
  const read = async (limit: number): Promise<FileRecord[]> => {
    const records: FileRecord[] = [];
    let bytes = 0;
    while (records.length < limit && bytes < BATCH_BYTES_MAX) {
      const parsed: { record: string[]; info: { lines: number } } | null = parser.read();
      if (parsed !== null) {
        // A quote that merely stands at the beginning of a field would swallow the lines up to the next one.
        if (isTsv && parsed.record.some((field) => field.includes('\n'))) throw quoteOverLines(name, line + 1);
        line = parsed.info.lines;
        const tail = tailOf(line);
        const fieldCount = parsed.record.length;
        const fields = kept === undefined || fieldCount !== headerLength ? parsed.record : pick(parsed.record, kept);
        records.push(tail === undefined ? { fields, fieldCount, line } : { fields, fieldCount, line, tail });
        bytes += bytesOf(fields);
        continue;
      }
      if (ended !== undefined) {
        // Good records before the bad one are handed out first.
        if (records.length > 0 || ended.error == null) break;
        throw describe(ended.error, path, name, line);
      }
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return records;
  };
  const [header] = await read(1);
  if (header === undefined) throw malformed(name, undefined, 'the file is empty', 'it needs a header line');
  headerLength = header.fieldCount;
  const keep = (places: readonly number[]) => {
    kept = places;
  };
  return { header: header.fields, headerTail: header.tail, read, keep, close: () => void parser.destroy() };
}

class LineTooLong extends Error {}

/** Throws LineTooLong, in the middle of the line. */
async function* boundedLines(pieces: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  let length = 0;
  for await (const piece of pieces) {
    const end = piece.lastIndexOf(10);
    length = end < 0 ? length + piece.length : piece.length - end - 1;
    if (length > LINE_BYTES_MAX) throw new LineTooLong();
    yield piece;
  }
}

function pick(fields: readonly string[], places: readonly number[]): string[] {
  return places.map((place) => fields[place]);
}

function bytesOf(fields: readonly string[]): number {
  let bytes = OBJECT_BYTES;
  for (const field of fields) bytes += OBJECT_BYTES + field.length;
  return bytes;
}

function quoteOverLines(name: string, line: number): Error {
  const hint = 'in tab separated text a line end ends the row: save it as CSV, or take the quote out';
  return malformed(name, line, 'a quote is opened, and not closed before the line ends', hint);
}

function describe(error: unknown, path: string, name: string, line: number): unknown {
  if (error instanceof LineTooLong) {
    return malformed(name, line + 1, `a line of more than ${LINE_BYTES_MAX} bytes`, 'is this a table?');
  }
  if (!(error instanceof CsvError)) return textError(name, path, Math.max(line, 1), error);
  const at = typeof error.lines === 'number' ? error.lines : line + 1;
  switch (error.code) {
    case 'CSV_MAX_RECORD_SIZE':
      return malformed(
        name,
        line + 1,
        `a record of more than ${RECORD_CHARACTERS_MAX} characters`,
        'a quote that is never closed?',
      );
    case 'CSV_QUOTE_NOT_CLOSED':
      return malformed(name, line + 1, 'a quote is opened and never closed');
    case 'INVALID_OPENING_QUOTE':
      return malformed(name, at, 'a quote in the middle of a field', QUOTE_HINT);
    case 'CSV_INVALID_CLOSING_QUOTE':
    case 'CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE':
      return malformed(name, at, 'something stands behind a closing quote', QUOTE_HINT);
    // Its message would repeat the record, whatever that holds.
    default:
      return malformed(name, at, `this is no record (${error.code})`);
  }
}
