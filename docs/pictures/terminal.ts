/** A terminal's screen as far as settle's output needs one: lines, carriage returns, moves of the cursor, erasing. */

/** Escape sequences, or one character. Colours and modes are read and change nothing. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's own
const PIECE = /\x1b\[\??([\d;]*)([A-Za-z])|[\s\S]/g;

export class Terminal {
  readonly #columns: number;
  #lines: string[] = [''];
  #row = 0;
  #column = 0;

  constructor(columns: number) {
    this.#columns = columns;
  }

  /** Takes output; a sequence must not be cut in two. */
  write(text: string): void {
    for (const [piece, argument, command] of text.matchAll(PIECE)) {
      if (command !== undefined) this.#obey(command, argument);
      else if (piece === '\r') this.#column = 0;
      else if (piece === '\n') this.#moveTo(this.#row + 1);
      else this.#put(piece);
    }
  }

  /** To the line behind the last one that shows something: where a shell goes on. */
  toEnd(): void {
    const last = this.#lines.findLastIndex((line) => line.trim() !== '');
    this.#lines.length = last + 1;
    this.#column = 0;
    this.#moveTo(last + 1);
  }

  /** All lines since the start, without blanks at their ends. */
  lines(): string[] {
    return this.#lines.map((line) => line.trimEnd());
  }

  #obey(command: string, argument: string): void {
    const count = Number(argument || 1);
    if (command === 'A') this.#row = Math.max(0, this.#row - count);
    else if (command === 'B') this.#moveTo(this.#row + count);
    else if (command === 'G') this.#column = count - 1;
    else if (command === 'K' || command === 'J') {
      this.#lines[this.#row] = this.#lines[this.#row].slice(0, this.#column);
      if (command === 'J') this.#lines.length = this.#row + 1;
    }
  }

  #moveTo(row: number): void {
    this.#row = row;
    while (this.#lines.length <= row) this.#lines.push('');
  }

  #put(character: string): void {
    if (this.#column >= this.#columns) return;
    const line = this.#lines[this.#row].padEnd(this.#column);
    this.#lines[this.#row] = line.slice(0, this.#column) + character + line.slice(this.#column + 1);
    this.#column++;
  }
}
