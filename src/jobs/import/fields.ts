/** The fields of one record by the number of their column; whatever is wrong is told with the column. */
import type { ColumnDefinition } from './columns.ts';
import { type IntegerRange, parseInteger } from './integer.ts';
import { LineProblem } from './line-problem.ts';
import { quote } from './quote.ts';
import type { Reading } from './reading.ts';
import type { InputRecord } from './records.ts';

/** Every method throws a LineProblem for a field that is not what is asked for. */
export class Fields {
  readonly #record: InputRecord;
  readonly #places: readonly number[];
  readonly #columns: readonly ColumnDefinition[];
  readonly #reading: Reading;

  /** `places`: as `locateColumns` found `columns`. */
  constructor(record: InputRecord, places: readonly number[], columns: readonly ColumnDefinition[], reading: Reading) {
    this.#record = record;
    this.#places = places;
    this.#columns = columns;
    this.#reading = reading;
  }

  /** Also true where the file does not have the column. */
  isEmpty(column: number): boolean {
    return this.#places[column] < 0 || this.text(column) === '';
  }

  text(column: number): string {
    return this.#record.fields[this.#places[column]];
  }

  integer(column: number, range: IntegerRange, ifEmpty?: bigint): bigint {
    if (ifEmpty !== undefined && this.isEmpty(column)) return ifEmpty;
    const value = parseInteger(this.text(column), range);
    if (typeof value === 'string') throw this.#wrong(column, value);
    return BigInt(value);
  }

  choice(column: number, choices: readonly string[], ifEmpty: string): string {
    if (this.isEmpty(column)) return ifEmpty;
    const text = this.text(column);
    if (!choices.includes(text)) throw this.#wrong(column, `${quote(text)} is none of ${choices.join(', ')}`);
    return text;
  }

  date(column: number): string {
    const date = this.#reading.parseDate(this.text(column));
    if (typeof date !== 'string') throw this.#wrong(column, date.problem, date.hint);
    this.#reading.oddYears.addDate(this.#columns[column].name, this.#record.line, date);
    return date;
  }

  /** Milliseconds since 1970. */
  time(column: number): number {
    const time = this.#reading.parseTime(this.text(column));
    if (typeof time !== 'number') throw this.#wrong(column, time.problem, time.hint);
    this.#reading.oddYears.addInstant(this.#columns[column].name, this.#record.line, time);
    return time;
  }

  #wrong(column: number, problem: string, hint?: string): LineProblem {
    return new LineProblem(`${this.#columns[column].name} ${problem}`, hint);
  }
}
