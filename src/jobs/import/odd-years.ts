/** Times that are no error and yet mostly a mistake: those outside of 2000 to 2100, counted by column. */
import { instantText } from '../../database/instant.ts';
import { isUsualYear } from './view-time.ts';

interface Seen {
  count: number;
  readonly line: number;
  readonly shown: string;
}

export class OddYears {
  readonly #byColumn = new Map<string, Seen>();

  /** `instantMs` since 1970. */
  addInstant(column: string, line: number, instantMs: number): void {
    if (!isUsualYear(instantMs)) this.#add(column, line, () => instantText(instantMs).slice(0, 19));
  }

  /** `date` as YYYY-MM-DD. */
  addDate(column: string, line: number, date: string): void {
    if (date < '2000' || date >= '2101') this.#add(column, line, () => date);
  }

  /** One sentence for each column that has such times. */
  warnings(): string[] {
    return [...this.#byColumn].map(([column, { count, line, shown }]) => {
      const rows = count === 1 ? '1 row' : `${count} rows`;
      return `${column} is outside of the years 2000 to 2100 in ${rows}, first in line ${line}: ${shown}`;
    });
  }

  #add(column: string, line: number, shown: () => string): void {
    const seen = this.#byColumn.get(column);
    if (seen === undefined) this.#byColumn.set(column, { count: 1, line, shown: shown() });
    else seen.count++;
  }
}
