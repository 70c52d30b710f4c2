/** The lines of an input file as records of text fields, streamed with bounded memory, each with its line number. */
import { pipeline } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { type InputSource, openText, textError } from './input-text.ts';
import type { Tail } from './line-ends.ts';
import { malformed } from './malformed.ts';

/** A longer record means that a quote was never closed, or that this is no table. */
const RECORD_CHARACTERS_MAX = 1_000_000;
const QUOTE_HINT = 'a field with quotes in it is quoted itself, and each of them doubled';

export interface InputRecord {
  readonly fields: readonly string[];
  /** Of the record's last line, from 1, the header included. */
  readonly line: number;
  /** Of a last line that has no end: how it stops. */
  readonly tail?: Tail;
}

export interface Records {
  readonly header: readonly string[];
  /** How the header stops when it is the last line, and has no end. */
  readonly headerTail: Tail | undefined;
  /** At most `limit` records; none at the end. Throws a MALFORMED_INPUT error with file and line. */
  read(limit: number): Promise<InputRecord[]>;
  close(): void;
}

/** Opens the file and reads its header. */
export async function openRecords(source: InputSource): Promise<Records> {
  const { path, name } = source;
  const text = await openText(source);
  const isTsv = text.delimiter === '\t';
  const parser = parse({
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
  });
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
  pipeline(text.pieces, parser, (error) => {
    ended ??= { error };
    wake();
  });
  parser.on('end', () => {
    ended ??= { error: undefined };
    wake();
  });
  // Not by the parser's iterator: a promise for each record costs as much as parsing it.
  const read = async (limit: number): Promise<InputRecord[]> => {
    const records: InputRecord[] = [];
    while (records.length < limit) {
      const parsed: { record: string[]; info: { lines: number } } | null = parser.read();
      if (parsed !== null) {
        // A quote that merely stands at the beginning of a field would swallow the lines up to the next one.
        if (isTsv && parsed.record.some((field) => field.includes('\n'))) throw quoteOverLines(name, line + 1);
        line = parsed.info.lines;
        const tail = tailOf(line);
        records.push(tail === undefined ? { fields: parsed.record, line } : { fields: parsed.record, line, tail });
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
  return { header: header.fields, headerTail: header.tail, read, close: () => void parser.destroy() };
}

function quoteOverLines(name: string, line: number): Error {
  const hint = 'in tab separated text a line end ends the row: save it as CSV, or take the quote out';
  return malformed(name, line, 'a quote is opened, and not closed before the line ends', hint);
}

function describe(error: unknown, path: string, name: string, line: number): unknown {
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
