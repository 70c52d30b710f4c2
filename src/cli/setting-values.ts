/** The values that settings may have, wherever they come from. */

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;
export const LOG_FORMATS = ['json', 'text'] as const;
export const ZONE_HINT = 'Use an IANA name, for example Asia/Seoul or America/Los_Angeles.';

/** How messages name a key. */
export function inFile(key: string): string {
  return `"${key}" in the config file`;
}

/** What a value is, for a message that must not repeat it. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'this list';
  if (typeof value === 'object') return 'this object';
  if (typeof value === 'boolean') return 'true or false';
  return typeof value === 'number' ? 'this number' : 'this text';
}

export function wholeNumber(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 1 ? number : undefined;
}

export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
