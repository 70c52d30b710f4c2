/** How the fields of a file are read, as the parameters of its run say: zone, unit of numbers, texts that mean NULL. */
import type { JobParameters } from '../../engine/parameters.ts';
import type { ColumnDefinition } from './columns.ts';
import { LineProblem } from './line-problem.ts';
import { OddYears } from './odd-years.ts';
import { quote } from './quote.ts';
import { createDateParser, createTimeParser, type DateParser, type TimeParser, type TimeUnit } from './view-time.ts';

export interface Reading {
  readonly parseTime: TimeParser;
  readonly parseDate: DateParser;
  /** Texts that mean NULL, besides an empty field. */
  readonly nulls: ReadonlySet<string>;
  readonly oddYears: OddYears;
}

export function readingOf(parameters: JobParameters): Reading {
  const unit = parameters.get('time-unit') as TimeUnit | undefined;
  return {
    parseTime: createTimeParser(parameters.get('zone'), unit),
    parseDate: createDateParser(unit),
    nulls: new Set(parseNullTexts(parameters.get('null') ?? '[]')),
    oddYears: new OddYears(),
  };
}

/** The parameter `null`: a JSON array of texts. Throws what JSON.parse throws, or a TypeError. */
export function parseNullTexts(text: string): string[] {
  const texts: unknown = JSON.parse(text);
  if (!Array.isArray(texts) || !texts.every((one) => typeof one === 'string')) {
    throw new TypeError('must be a JSON array of texts, for example ["\\\\N"]');
  }
  return texts;
}

/** The same texts as a parameter, whatever their order; an empty field is NULL without being named. */
export function nullParameter(texts: readonly string[]): string {
  return JSON.stringify([...new Set(texts.map((text) => text.trim()).filter((text) => text !== ''))].sort());
}

/**
 * The fields with an empty one in place of each that means NULL. `places`: as `locateColumns` found `columns`.
 * @throws LineProblem for a column that cannot be NULL
 */
export function withoutNulls(
  fields: readonly string[],
  places: readonly number[],
  columns: readonly ColumnDefinition[],
  { nulls }: Reading,
): readonly string[] {
  if (nulls.size === 0) return fields;
  let changed: string[] | undefined;
  places.forEach((place, index) => {
    if (place < 0 || !nulls.has(fields[place])) return;
    const { name, nullable } = columns[index];
    if (!nullable) throw new LineProblem(`${name} is NULL (${quote(fields[place])}), and cannot be`);
    changed ??= [...fields];
    changed[place] = '';
  });
  return changed ?? fields;
}

/** How programs write a NULL into a file. */
const NULL_WORDS = /^(\\N|NULL|NONE|NIL|N\/A|NAN)$/i;

/** What to do about a line of which one of these fields seems to be a NULL; undefined when none does. */
export function nullHint(
  fields: readonly string[],
  places: readonly number[],
  columns: readonly ColumnDefinition[],
): string | undefined {
  const place = places.find((at, index) => at >= 0 && columns[index].nullable && NULL_WORDS.test(fields[at]));
  return place === undefined ? undefined : `--null '${fields[place]}' reads it as NULL`;
}
