/** Lines of UTF-8 text: ended by LF or CR LF, and by nothing else, as a JSON text may hold other separators. */
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** A longer one means that this is no file of lines. */
const LINE_CHARACTERS_MAX = 16_000_000;

/** Batches of lines without their ends, and without a byte order mark. */
export async function* linesOf(bytes: Readable): AsyncGenerator<string[]> {
  let rest = '';
  for await (const text of textOf(bytes)) {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    if (rest.length > LINE_CHARACTERS_MAX)
      throw new RangeError(`a line of more than ${LINE_CHARACTERS_MAX} characters: is this a file of lines?`);
    if (lines.length > 0) yield lines.map(withoutReturn);
  }
  if (rest !== '') yield [withoutReturn(rest)];
}

/** The text as it comes, without a byte order mark. */
export async function* textOf(bytes: Readable): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8');
  let isBegun = false;
  for await (const piece of bytes as AsyncIterable<Buffer>) {
    const text = decoder.write(piece);
    if (text === '') continue;
    yield !isBegun && text.startsWith('\uFEFF') ? text.slice(1) : text;
    isBegun = true;
  }
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}
