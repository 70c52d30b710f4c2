/** How answers are written: exact JSON, CSV, and 304 for who has them already. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { exactNumber } from '../cli/output/json.ts';
import { type Answer, answerOf } from './cache/stored-answer.ts';

/** Big integers that a double does not hold become text, as on the command line. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? exactNumber(item) : item));
}

/** A column of a CSV answer: its header, and its text of a row. */
export type CsvColumns<R> = Readonly<Record<string, (row: R) => bigint | number | string | null | undefined>>;

/** RFC 4180, with `\n` as line end. */
export function toCsv<R>(columns: CsvColumns<R>, rows: readonly R[]): string {
  const values = Object.values(columns);
  const lines = rows.map((row) => values.map((value) => csvField(value(row))).join(','));
  return `${[Object.keys(columns).join(','), ...lines].join('\n')}\n`;
}

function csvField(value: bigint | number | string | null | undefined): string {
  const text = value === null || value === undefined ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** Sends an answer with its entity tag; 304 without it when the client names the same one (RFC 9110, section 13.1.2). */
export async function sendAnswer(
  request: FastifyRequest,
  reply: FastifyReply,
  { type, tag, body }: Answer,
): Promise<FastifyReply> {
  reply.header('etag', tag).header('cache-control', 'no-cache');
  const asked = request.headers['if-none-match'];
  if (asked?.split(',').some((one) => one.trim().replace(/^W\//, '') === tag || one.trim() === '*')) {
    return reply.code(304).send();
  }
  return reply.header('content-type', type).send(body);
}

export function jsonAnswer(value: unknown): Answer {
  return answerOf('application/json; charset=utf-8', toJson(value));
}

export function csvAnswer<R>(columns: CsvColumns<R>, rows: readonly R[]): Answer {
  return answerOf('text/csv; charset=utf-8', toCsv(columns, rows));
}

export async function sendJson(request: FastifyRequest, reply: FastifyReply, value: unknown): Promise<FastifyReply> {
  return await sendAnswer(request, reply, jsonAnswer(value));
}

export async function sendCsv<R>(
  request: FastifyRequest,
  reply: FastifyReply,
  columns: CsvColumns<R>,
  rows: readonly R[],
): Promise<FastifyReply> {
  return await sendAnswer(request, reply, csvAnswer(columns, rows));
}
