/** Line ends of every kind (LF, CR LF, CR, mixed) become LF, and are counted as an editor counts them. */

const LF = 10;
const CR = 13;

/** How the text of a last line without a line end stops. */
export type Tail = 'quote' | 'blank' | 'bare';

export class LineEnds {
  /** Line ends so far. */
  #count = 0;
  /** The last byte was a CR, for which an LF was given; an LF behind it is a part of it. */
  #afterCr = false;
  #last = LF;

  /** Number of the line, from 1, in which the next byte stands. */
  get line(): number {
    return this.#count + 1;
  }

  /** How the last line stops, which has no end; undefined when it has one, or there is no line. */
  get tail(): Tail | undefined {
    if (this.#last === LF) return undefined;
    if (this.#last === 34) return 'quote';
    return this.#last === 32 || this.#last === 9 ? 'blank' : 'bare';
  }

  /** UTF-8 text, of which characters may be cut in two, with LF as its only line end. */
  push(text: Buffer): Buffer {
    let rest = text;
    if (this.#afterCr && rest.length > 0) {
      if (rest[0] === LF) rest = rest.subarray(1);
      this.#afterCr = false;
    }
    if (text.length > 0) this.#afterCr = text[text.length - 1] === CR;
    const lines = rest.includes(CR) ? withoutCr(rest) : rest;
    for (let at = lines.indexOf(LF); at >= 0; at = lines.indexOf(LF, at + 1)) this.#count++;
    if (lines.length > 0) this.#last = lines[lines.length - 1];
    return lines;
  }
}

function withoutCr(text: Buffer): Buffer {
  const lines = Buffer.allocUnsafeSlow(text.length);
  let length = 0;
  let from = 0;
  for (let at = text.indexOf(CR); at >= 0; at = text.indexOf(CR, from)) {
    length += text.copy(lines, length, from, at);
    lines[length++] = LF;
    from = text[at + 1] === LF ? at + 2 : at + 1;
  }
  length += text.copy(lines, length, from);
  return lines.subarray(0, length);
}
