/** A message as receivers get it. */

export interface Message {
  readonly id: bigint;
  readonly topic: string;
  readonly key: string;
  /** As it was posted: JSON. */
  readonly payload: string;
  /** UTC, ISO 8601 with milliseconds. */
  readonly createdAt: string;
}

/** One JSON object: id (a number; text beyond 2^53), topic, key, payload, createdAt. A payload that is no JSON is text. */
export function messageJson({ id, topic, key, payload, createdAt }: Message): string {
  const number = Number(id);
  const idJson = Number.isSafeInteger(number) ? String(number) : JSON.stringify(String(id));
  const [topicJson, keyJson, createdJson] = [topic, key, createdAt].map((text) => JSON.stringify(text));
  return `{"id":${idJson},"topic":${topicJson},"key":${keyJson},"payload":${payloadJson(payload)},"createdAt":${createdJson}}`;
}

function payloadJson(payload: string): string {
  try {
    JSON.parse(payload);
    // As it stands: numbers beyond a double keep their digits.
    return payload;
  } catch {
    return JSON.stringify(payload);
  }
}
