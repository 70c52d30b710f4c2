/** An answer as it is sent and kept: what it is made of once, all who ask for it get. */
import { createHash } from 'node:crypto';

export interface Answer {
  /** Media type. */
  readonly type: string;
  readonly body: Buffer;
  /** Entity tag, with its quotes. */
  readonly tag: string;
}

export interface LabelledAnswer {
  /** Of the revision that it was read at (`RevisionView.labelOf`). */
  readonly label: string;
  readonly answer: Answer;
}

export function answerOf(type: string, text: string): Answer {
  const body = Buffer.from(text);
  return { type, body, tag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"` };
}

/** As bytes for a cache of other processes: label, key, type and tag, a line each, then the body. */
export function encodeAnswer(key: string, { label, answer }: LabelledAnswer): Buffer {
  return Buffer.concat([Buffer.from(`${label}\n${key}\n${answer.type}\n${answer.tag}\n`), answer.body]);
}

/** Undefined for anything that `encodeAnswer` did not make of this key, and whole. */
export function decodeAnswer(key: string, bytes: Buffer): LabelledAnswer | undefined {
  const lines: string[] = [];
  let from = 0;
  while (lines.length < 4) {
    const end = bytes.indexOf(10, from);
    if (end === -1) return undefined;
    lines.push(bytes.toString('utf8', from, end));
    from = end + 1;
  }
  const [label, ofKey, type, tag] = lines;
  const answer = answerOf(type, bytes.toString('utf8', from));
  return ofKey === key && answer.tag === tag ? { label, answer } : undefined;
}
