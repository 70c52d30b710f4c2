/** Parses the ends of a span of time: `7d`, `12h`, a date, or an instant. Pure. */
import { usageError } from '../errors.ts';
import { parseBusinessDate } from '../rules/business-time.ts';

const UNIT_MS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };

/**
 * The instant that `text` names. A date is its start in UTC, as the times of runs are shown in UTC.
 * @param flag for the message of the usage error
 */
export function parseSince(flag: string, text: string, now: Date): Date {
  const ago = /^(\d{1,5})([mhdw])$/.exec(text);
  if (ago !== null) return new Date(now.getTime() - Number(ago[1]) * UNIT_MS[ago[2]]);
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return new Date(`${parseBusinessDate(text)}T00:00:00Z`);
  const instant = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?Z?$/.test(text)
    ? new Date(`${text.replace(' ', 'T').replace(/Z?$/, 'Z')}`)
    : undefined;
  if (instant !== undefined && !Number.isNaN(instant.getTime())) return instant;
  throw usageError(
    `${flag}: ${JSON.stringify(text)} is no time`,
    'write 7d, 12h or 30m ago, a date like 2026-11-20, or 2026-11-20T03:00:00Z (UTC)',
  );
}
