/** The records of CSV or TSV, with the line of each; csv-parse reads them. */
import { pipeline, type Readable } from 'node:stream';
import { CsvError, parse } from 'csv-parse';
import { badRecord, type FileRecord, goodRecord } from './file-record.ts';
import type { PlainRow } from './plain-rows.ts';

/** A longer record means that a quote was never closed, or that this is no table. */
const RECORD_CHARACTERS_MAX = 1_000_000;
/** Records that wait in the parser: those of one piece of the file are pushed at once all the same. */
const READ_AHEAD_RECORDS = 1;

interface Parsed {
  readonly record: string[];
  readonly info: { readonly lines: number };
}

/**
 * A record with more or fewer values than there are columns is a bad one; a quote in a wrong place is thrown, because
 * nobody knows how many lines it has swallowed.
 * @param given names of the columns, when the first line does not have them
 */
export async function* delimitedRecords(
  bytes: Readable,
  delimiter: string,
  given: readonly string[] | undefined,
): AsyncGenerator<FileRecord[]> {
  // In a variable of its own: the types of csv-parse do not know the options of a stream.
  const options = {
    delimiter,
    record_delimiter: ['\r\n', '\n'],
    bom: true,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: RECORD_CHARACTERS_MAX,
    readableHighWaterMark: READ_AHEAD_RECORDS,
    // Tab separated files rarely quote, and then a quote is an ordinary character.
    relax_quotes: delimiter === '\t',
  };
  const parser = parse(options);
  let end: { readonly error: unknown } | undefined;
  let wake = () => {};
  const finish = (error: unknown) => {
    end ??= { error };
    wake();
  };
  parser.on('readable', () => wake());
  parser.on('end', () => finish(undefined));
  // Errors of both streams end here: pipeline destroys the parser with the bytes, and the other way round.
  pipeline(bytes, parser, (error) => error && finish(error));
  let makeRow = given === undefined ? undefined : rowMaker(given);
  try {
    // Not by the parser's iterator: a promise for each record costs as much as parsing it.
    for (;;) {
      const records: FileRecord[] = [];
      for (let one: Parsed | null = parser.read(); one !== null; one = parser.read()) {
        if (makeRow === undefined) makeRow = rowMaker(requireNames(one.record));
        else records.push(makeRow(one.record, one.info.lines));
      }
      if (records.length > 0) yield records;
      else if (end?.error !== undefined) throw clearError(end.error);
      else if (end !== undefined) return;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    parser.destroy();
    bytes.destroy();
  }
}

function rowMaker(columns: readonly string[]): (values: readonly string[], line: number) => FileRecord {
  return (values, line) => {
    if (values.length !== columns.length)
      return badRecord(line, `${values.length} values where ${columns.length} are due`, JSON.stringify(values));
    const item: PlainRow = {};
    for (let c = 0; c < columns.length; c++) item[columns[c]] = values[c];
    return goodRecord(line, item);
  };
}

function requireNames(names: readonly string[]): readonly string[] {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new SyntaxError(`the first line names the column ${twice} twice`);
  return names;
}

/** One line, which does not repeat the record. */
function clearError(error: unknown): unknown {
  if (!(error instanceof CsvError)) return error;
  const at = typeof error.lines === 'number' ? `line ${error.lines}: ` : '';
  return new SyntaxError(`${at}${WORDS[error.code] ?? error.code}`);
}

const WORDS: Readonly<Record<string, string>> = {
  CSV_MAX_RECORD_SIZE: `a record of more than ${RECORD_CHARACTERS_MAX} characters: is a quote never closed?`,
  CSV_QUOTE_NOT_CLOSED: 'a quote is opened and never closed',
  INVALID_OPENING_QUOTE:
    'a quote in the middle of a value: such a value is quoted itself, and each of its quotes doubled',
  CSV_INVALID_CLOSING_QUOTE: 'something stands behind a closing quote',
};
