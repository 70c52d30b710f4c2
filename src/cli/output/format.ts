/** Numbers, durations and rates as people read them. Pure. */

/** `1234567` -> `1,234,567`. */
export function formatCount(count: number | bigint): string {
  const digits = String(count);
  const sign = digits.startsWith('-') ? 1 : 0;
  const groups: string[] = [];
  for (let end = digits.length; end > sign; end -= 3) groups.unshift(digits.slice(Math.max(sign, end - 3), end));
  return digits.slice(0, sign) + groups.join(',');
}

/** `1 partition`, `2 partitions`; nouns that take an s. */
export function formatNumbered(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Milliseconds to `850 ms`, `12.3 s`, `4 min 05 s`, `2 h 03 min`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${two(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** Bytes to `850 B`, `12.3 kB`, `4.0 MB`, `1.2 GB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  for (const [unit, factor] of [
    ['kB', 1e3],
    ['MB', 1e6],
  ] as const) {
    if (bytes < factor * 999.95) return `${(bytes / factor).toFixed(1)} ${unit}`;
  }
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

/** Rows in milliseconds to `1,234,567`, per second; a dash when nothing can be said. */
export function formatRate(rows: number, ms: number): string {
  if (rows === 0 || ms <= 0) return '-';
  return formatCount(Math.round((rows * 1_000) / ms));
}

/** Of a whole, `37 %`; a dash for an unknown whole, never 100 % before the end. */
export function formatPercent(part: number, whole: number | undefined): string {
  if (whole === undefined) return '-';
  if (part >= whole) return '100 %';
  return `${Math.min(99, Math.floor((part * 100) / whole))} %`;
}

/** A UTC instant to `2026-11-21 12:03:04`; a dash for none. */
export function formatInstant(instant: Date | undefined): string {
  return instant === undefined ? '-' : instant.toISOString().slice(0, 19).replace('T', ' ');
}

function two(n: number): string {
  return String(n).padStart(2, '0');
}
