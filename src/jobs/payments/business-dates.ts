/** Business dates of many instants: each quarter of an hour is looked up once. */
import { businessDateOf, businessDay } from '../../rules/business-time.ts';

const QUARTER_MS = 900_000;
const QUARTERS_MAX = 50_000;

/** The business date in `zone` of an instant in milliseconds since 1970. */
export function businessDateFinder(zone: string): (instantMs: number) => string {
  const quarters = new Map<number, { readonly date: string; readonly startMs: number; readonly endMs: number }>();
  return (instantMs) => {
    const quarter = Math.floor(instantMs / QUARTER_MS);
    const known = quarters.get(quarter);
    if (known !== undefined && instantMs >= known.startMs && instantMs < known.endMs) return known.date;
    const date = businessDateOf(instantMs, zone);
    if (quarters.size >= QUARTERS_MAX) quarters.clear();
    quarters.set(quarter, { date, ...businessDay(date, zone) });
    return date;
  };
}
