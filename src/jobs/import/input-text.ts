/**
 * The text of the file of an import: its bytes, proven to be those of its digest, unpacked when they are gzip, decoded,
 * with LF at the end of each line, the last one too. The only way from a file to rows.
 */
import { createDecoder, type Encoding, encodingTitle, InvalidText } from '../../items/encoding.ts';
import { type FileDigest, readVerified, unreadable } from './file-blocks.ts';
import { LineEnds, type Tail } from './line-ends.ts';
import { invalidEncoding, malformed } from './malformed.ts';
import { importBytesMax, requireSize } from './size-limit.ts';
import { DataBehindGzip, isGzip, unpackGzip } from './unpack.ts';

/** A header line is found within so many bytes, or the file is refused. */
const HEADER_BYTES_MAX = 65_536;
const NEEDS_HEADER = 'it needs a header line';
/** Bytes that tell the kind of a file: a byte order mark is the longest of them that matters. */
const START_BYTES = 4;

export interface InputText {
  readonly delimiter: ',' | '\t';
  /** UTF-8 without a byte order mark. Its errors are for `textError`. */
  readonly pieces: AsyncGenerator<Buffer>;
  /** Once all pieces are read: the last line, when it has no end of its own in the file. */
  readonly openLine: () => OpenLine | undefined;
  readonly counts: ByteCounts;
}

export interface OpenLine {
  /** From 1. */
  readonly line: number;
  readonly tail: Tail;
}

/** How much has been read, before and after unpacking. */
export interface ByteCounts {
  file: number;
  text: number;
}

export interface InputSource {
  readonly path: string;
  /** For messages. */
  readonly name: string;
  readonly expected: FileDigest;
  readonly encoding: Encoding;
}

/** Reads up to the end of the header. Throws for a file that is empty, unreadable, or of a kind that is known to be another. */
export async function openText(source: InputSource): Promise<InputText> {
  const { name, path } = source;
  const counts: ByteCounts = { file: 0, text: 0 };
  const lineEnds = new LineEnds();
  const lines = toLines(source, lineEnds, counts);
  let header: Buffer = Buffer.alloc(0);
  try {
    while (!header.includes(10) && header.length < HEADER_BYTES_MAX) {
      const next = await lines.next();
      if (next.done) break;
      header = Buffer.concat([header, next.value]);
    }
    const delimiter = delimiterOf(header, name);
    return { delimiter, pieces: withFirst(header, lines), openLine: () => openLine(lineEnds), counts };
  } catch (error) {
    await lines.return(undefined);
    throw textError(name, path, 1, error);
  }
}

/** An error of `pieces` as one line; other errors are returned as they are. `line`: the last one that was read. */
export function textError(name: string, path: string, line: number, error: unknown): unknown {
  if (error instanceof DataBehindGzip) {
    const hint = 'what stands behind the zero bytes would be lost: unpack the file, or copy it again';
    return malformed(name, line, 'zero bytes, and then more data, stand behind the gzip data', hint);
  }
  const code = (error as { code?: unknown } | null)?.code;
  if (code === 'Z_BUF_ERROR') {
    return malformed(name, line, 'the gzip data ends here, in the middle', 'the file was cut off; copy it again');
  }
  if (typeof code === 'string' && code.startsWith('Z_')) {
    const { message } = error as Error;
    return malformed(name, line, `the gzip data is damaged after this line (${message})`);
  }
  return unreadable(path, error);
}

function openLine(lineEnds: LineEnds): OpenLine | undefined {
  const { tail, line } = lineEnds;
  return tail === undefined ? undefined : { line, tail };
}

async function* toLines(source: InputSource, lineEnds: LineEnds, counts: ByteCounts): AsyncGenerator<Buffer> {
  const { path, name, expected } = source;
  const bytesMax = importBytesMax();
  const bytes = readVerified(path, name, expected);
  let unpacked = bytes;
  try {
    const file = await withStart(counted(bytes, (length) => (counts.file += length)));
    requireNoOtherFile(file.start, name);
    unpacked = isGzip(file.start) ? unpackGzip(file.blocks) : file.blocks;
    yield* decodeLines(
      counted(unpacked, (length) => {
        counts.text += length;
        requireSize(counts.text, bytesMax, name, 'bytes unpacked');
      }),
      source,
      lineEnds,
    );
  } finally {
    // A generator that was asked for a block ends only when it is told to.
    await unpacked.return(undefined);
    await bytes.return(undefined);
  }
}

async function* decodeLines(
  unpacked: AsyncGenerator<Buffer>,
  source: InputSource,
  lineEnds: LineEnds,
): AsyncGenerator<Buffer> {
  const { name } = source;
  const text = await withStart(unpacked);
  if (text.start.length === 0) throw malformed(name, undefined, 'the file is empty', NEEDS_HEADER);
  const { encoding, markBytes } = readMark(text.start, source.encoding, name);
  const decode = createDecoder(encoding);
  const push = (bytes: Buffer, isEnd: boolean) => {
    try {
      return lineEnds.push(decode(bytes, isEnd));
    } catch (error) {
      if (!(error instanceof InvalidText)) throw error;
      lineEnds.push(error.before);
      throw invalidEncoding(name, lineEnds.line, encodingTitle(encoding));
    }
  };
  let skip = markBytes;
  for await (const bytes of text.blocks) {
    const lines = push(bytes.subarray(skip), false);
    skip = Math.max(0, skip - bytes.length);
    if (lines.length > 0) yield lines;
  }
  const last = push(Buffer.alloc(0), true);
  if (last.length > 0) yield last;
  // The reader of records then sees the last line as it sees the others; `openLine` still tells.
  if (lineEnds.tail !== undefined) yield Buffer.from('\n');
}

function delimiterOf(header: Buffer, name: string): ',' | '\t' {
  const end = header.indexOf(10);
  if ((end < 0 ? header.length : end) >= HEADER_BYTES_MAX) {
    throw malformed(name, 1, `no end of the header line within ${HEADER_BYTES_MAX} bytes`);
  }
  const text = header.subarray(0, end < 0 ? header.length : end).toString();
  if (text.includes('\u0000')) throw malformed(name, 1, 'this is not text', 'CSV and TSV are read, plain or gzip');
  return text.split('\t').length > text.split(',').length ? '\t' : ',';
}

function requireNoOtherFile(start: Buffer, name: string): void {
  if (start.length === 0) throw malformed(name, undefined, 'the file is empty', NEEDS_HEADER);
  if (start.toString('latin1') === 'PK\u0003\u0004') {
    throw malformed(name, undefined, 'this is a zip archive', 'unpack it; plain text and gzip are read');
  }
}

/** The encoding, of which a byte order mark has its say, and the length of the mark. */
function readMark(
  start: Buffer,
  asked: Encoding,
  name: string,
): { readonly encoding: Exclude<Encoding, 'utf-16'>; readonly markBytes: number } {
  const mark = markOf(start);
  if (mark === undefined) {
    if (asked !== 'utf-16') return { encoding: asked, markBytes: 0 };
    const hint = '--encoding utf-16le or --encoding utf-16be says it';
    throw malformed(name, undefined, 'the text has no byte order mark that says which UTF-16 it is', hint);
  }
  const isAsked = asked === mark || (asked === 'utf-16' && mark !== 'utf-8');
  if (isAsked) return { encoding: mark, markBytes: mark === 'utf-8' ? 3 : 2 };
  const hint = mark === 'utf-8' ? 'it is read without --encoding' : '--encoding utf-16 reads it';
  throw malformed(name, undefined, `the text is ${mark === 'utf-8' ? 'UTF-8' : 'UTF-16'}`, hint);
}

function markOf(start: Buffer): 'utf-8' | 'utf-16le' | 'utf-16be' | undefined {
  if (start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf) return 'utf-8';
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  return start[0] === 0xfe && start[1] === 0xff ? 'utf-16be' : undefined;
}

/** The first bytes, fewer than START_BYTES only when there are no more, and all blocks, those of the start included. */
async function withStart(
  blocks: AsyncGenerator<Buffer>,
): Promise<{ readonly start: Buffer; readonly blocks: AsyncGenerator<Buffer> }> {
  let first: Buffer = Buffer.alloc(0);
  while (first.length < START_BYTES) {
    const next = await blocks.next();
    if (next.done) break;
    first = Buffer.concat([first, next.value]);
  }
  return { start: first.subarray(0, START_BYTES), blocks: withFirst(first, blocks) };
}

async function* withFirst(first: Buffer, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  try {
    if (first.length > 0) yield first;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

/** The one place where bytes are counted. */
async function* counted(blocks: AsyncGenerator<Buffer>, count: (length: number) => void): AsyncGenerator<Buffer> {
  for await (const block of blocks) {
    count(block.length);
    yield block;
  }
}
