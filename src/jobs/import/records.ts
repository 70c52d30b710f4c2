/** The lines of an input file as records of text fields, streamed with bounded memory, each with its line number. */
import { pipeline, type Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { byteStreams, sniffFormat, streamError } from './input-file.ts';
import { malformed } from './malformed.ts';

/** A longer record means that a quote was never closed, or that this is no table. */
const RECORD_CHARACTERS_MAX = 1_000_000;
const QUOTE_HINT = 'a field with quotes in it is quoted itself, and each of them doubled';

export interface InputRecord {
  readonly fields: readonly string[];
  /** Of the record's last line, from 1, the header included. */
  readonly line: number;
}

export interface Records {
  readonly header: readonly string[];
  /** At most `limit` records; none at the end. Throws a MALFORMED_INPUT error with file and line. */
  read(limit: number): Promise<InputRecord[]>;
  close(): void;
}

/** Opens the file at `path`, called `name` in messages, and reads its header. */
export async function openRecords(path: string, name: string): Promise<Records> {
  const format = await sniffFormat(path, name);
  const parser = parse({
    delimiter: format.delimiter,
    bom: true,
    info: true,
    skip_empty_lines: true,
    trim: true,
    // A record with more or fewer fields than the header is the caller's to refuse: it may only be set aside.
    relax_column_count: true,
    max_record_size: RECORD_CHARACTERS_MAX,
    // Tab separated files rarely quote, and then a quote is an ordinary character.
    relax_quotes: format.delimiter === '\t',
  });
  let line = 0;
  let ended: { readonly error: unknown } | undefined;
  let wake = () => {};
  parser.on('readable', () => wake());
  // Errors of every stream end here: pipeline destroys the parser with them.
  pipeline([...byteStreams(path, format), parser] as unknown as [Readable, NodeJS.WritableStream], (error) => {
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
        line = parsed.info.lines;
        records.push({ fields: parsed.record, line });
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
  return { header: header.fields, read, close: () => void parser.destroy() };
}

function describe(error: unknown, path: string, name: string, line: number): unknown {
  if (!(error instanceof CsvError)) return streamError(name, path, line, error);
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
