/** Answers to what Node.js cannot read as a request: it comes to no hook and no handler, and gets what other answers have. */
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { SECURITY_HEADERS } from './access.ts';
import { PROBLEM_TYPE, problem } from './problem.ts';

const REASONS: Readonly<Record<string, readonly [status: number, detail: string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'the request was not sent in time'],
  HPE_HEADER_OVERFLOW: [431, 'the headers of the request are too large'],
};

/** Writes the answer, where somebody may read it, and closes the connection. */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const [status, detail] = REASONS[error.code ?? ''] ?? [400, 'this is no HTTP request'];
  const body = JSON.stringify(problem(status, detail));
  const headers = {
    ...SECURITY_HEADERS,
    'content-type': PROBLEM_TYPE,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  if (socket.writable) socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`);
  socket.destroy(error);
}
