/** The elements of one JSON array, cut apart as the text comes: the whole of it is never held. */
import type { Readable } from 'node:stream';
import { textOf } from './lines.ts';
import { parseJson } from './parse-json.ts';

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

export interface JsonElement {
  readonly text: string;
  readonly value: unknown;
}

/**
 * Elements, with what they are.
 * @throws SyntaxError where the text is no array, or ends within it: nobody knows then where the next element begins
 */
export async function* jsonElements(bytes: Readable): AsyncGenerator<JsonElement[]> {
  const splitter = new Splitter();
  for await (const text of textOf(bytes)) {
    const elements = splitter.take(text);
    if (elements.length > 0) yield elements;
  }
  splitter.end();
}

class Splitter {
  #state: 'before' | 'inside' | 'behind' = 'before';
  #depth = 0;
  #isText = false;
  #isEscaped = false;
  #rest = '';
  #count = 0;

  take(text: string): JsonElement[] {
    const elements: JsonElement[] = [];
    let start = 0;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (this.#state !== 'inside') {
        if (code <= 0x20) continue;
        if (this.#state === 'behind' || code !== OPEN_LIST) throw this.#noArray();
        this.#state = 'inside';
        start = at + 1;
      } else if (this.#isText) {
        if (this.#isEscaped) this.#isEscaped = false;
        else if (code === BACKSLASH) this.#isEscaped = true;
        else if (code === QUOTE) this.#isText = false;
      } else if (code === QUOTE) this.#isText = true;
      else if (code === OPEN_LIST || code === OPEN_OBJECT) this.#depth++;
      else if (this.#depth > 0 && (code === CLOSE_LIST || code === CLOSE_OBJECT)) this.#depth--;
      else if (this.#depth === 0 && (code === COMMA || code === CLOSE_LIST)) {
        this.#element(this.#rest + text.slice(start, at), code === CLOSE_LIST, elements);
        this.#rest = '';
        start = at + 1;
        if (code === CLOSE_LIST) this.#state = 'behind';
      }
    }
    if (this.#state === 'inside') this.#rest += text.slice(start);
    return elements;
  }

  end(): void {
    if (this.#state === 'before') throw this.#noArray();
    if (this.#state === 'inside') throw new SyntaxError(`the array ends within its element ${this.#count + 1}`);
  }

  #element(text: string, isLast: boolean, elements: JsonElement[]): void {
    if (isLast && this.#count === 0 && text.trim() === '') return;
    this.#count++;
    try {
      elements.push({ text, value: parseJson(text) });
    } catch {
      throw new SyntaxError(`element ${this.#count} of the array is no JSON`);
    }
  }

  #noArray(): SyntaxError {
    return new SyntaxError(
      this.#state === 'before' ? 'the file is no JSON array' : 'something stands behind the end of the JSON array',
    );
  }
}
