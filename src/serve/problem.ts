/** Errors as problem details (RFC 9457): what a settle error, a schema and an unknown address are over HTTP. */
import type { FastifyError, FastifyReply } from 'fastify';
import { ExitCode, hideCredentials, isSettleError } from '../errors.ts';
import { BATCH_KEY_TAKEN, VIEWS_WAITING } from '../jobs/views/online/intake-errors.ts';

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** The members of RFC 9457, and the code and exit code that the command line would have ended with. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code?: string;
  readonly exitCode?: number;
  /** What to do. */
  readonly hint?: string;
}

/** HTTP status of an exit code of the command line contract; others are faults of the server's. */
const STATUSES: ReadonlyMap<number, number> = new Map([
  [ExitCode.usage, 400],
  [ExitCode.alreadyRunning, 409],
  [ExitCode.schemaOutdated, 503],
  [ExitCode.invariantBroken, 409],
]);
const FAILED = 'the request failed; the log of the service has the reason';
/** Codes that say more than their exit code does. */
const STATUSES_OF_CODES: Readonly<Record<string, number>> = {
  NOT_FOUND: 404,
  [BATCH_KEY_TAKEN]: 422,
  [VIEWS_WAITING]: 429,
};
const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Not authorised',
  403: 'Forbidden',
  404: 'Not found',
  405: 'Method not allowed',
  408: 'Request timeout',
  409: 'Conflict',
  413: 'Body too large',
  415: 'Unsupported media type',
  421: 'Misdirected request',
  422: 'Unprocessable content',
  429: 'Too many requests',
  431: 'Headers too large',
  500: 'Internal error',
  503: 'Not available',
};

export function problem(status: number, detail: string, more: Partial<Problem> = {}): Problem {
  return { type: 'about:blank', title: TITLES[status] ?? 'Error', status, detail: hideCredentials(detail), ...more };
}

/** What an error becomes: never a stack, never a credential, and of what was not foreseen no word but that it is logged. */
export function problemOf(error: unknown): Problem {
  if (isSettleError(error)) {
    const { code, exitCode, hint } = error;
    const status = STATUSES_OF_CODES[code] ?? STATUSES.get(exitCode) ?? (isTransient(code) ? 503 : 500);
    if (status === 500) return problem(500, FAILED, { code });
    // Of the database, not of the request: its words name users and hosts.
    if (status === 400 && code.startsWith('DATABASE_')) return problem(503, FAILED, { code });
    return problem(status, error.message, {
      code,
      exitCode,
      ...(hint === undefined ? {} : { hint: hideCredentials(hint) }),
    });
  }
  const { statusCode, message, code } = error as Partial<FastifyError>;
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return problem(statusCode, message ?? '', { code });
  return problem(500, FAILED);
}

/** Of the database: it may answer again. */
function isTransient(code: string): boolean {
  return /^DATABASE_(BUSY|CONFLICT|INIT_CONNECT|CONNECTION_LOST|TOO_MANY_CONNECTIONS|OFFLINE|UNREACHABLE|POOL_EXHAUSTED|HOST_BLOCKED|QUOTA_USED_UP)$/.test(
    code,
  );
}

export async function sendProblem(reply: FastifyReply, found: Problem): Promise<FastifyReply> {
  if (found.status === 503 || found.status === 429) reply.header('retry-after', '1');
  return reply
    .code(found.status)
    .header('content-type', PROBLEM_TYPE)
    .serializer((value) => JSON.stringify(value))
    .send(found);
}
