/** How far back a night looks for rows that arrived late. */
import { addDays, businessDay } from '../rules/business-time.ts';

/** Days; what closed or happened earlier is looked at again only by a run for an earlier date. */
export const lookBackDays = 31;

/** First instant of the date that many days before, in milliseconds since 1970. */
export function lookBackStart(date: string, zone: string): number {
  return businessDay(addDays(date, -lookBackDays), zone).startMs;
}
