/** Who a notification is for, and what a push gateway says of tokens. */

/** The `userId` of a payload: a number, or digits as text. Undefined where there is none. */
export function userOf(payload: string): bigint | undefined {
  const userId: unknown = parsed(payload)?.userId;
  if (typeof userId === 'number') return Number.isSafeInteger(userId) ? BigInt(userId) : undefined;
  return typeof userId === 'string' && /^-?\d{1,18}$/.test(userId) ? BigInt(userId) : undefined;
}

/** The tokens of an answer's `unregistered`. None where the answer says nothing of the kind. */
export function unregisteredOf(answer: string): readonly string[] {
  const unregistered: unknown = parsed(answer)?.unregistered;
  return Array.isArray(unregistered) ? unregistered.filter((one) => typeof one === 'string') : [];
}

function parsed(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
