/** Who may ask what: the token of the actions, the names that the service answers to, and the headers of every answer. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { problem, sendProblem } from './problem.ts';

export interface AccessOptions {
  /** Undefined: the service is read-only. */
  readonly token: string | undefined;
  /** Listens on this machine alone. */
  readonly isLoopback: boolean;
  readonly isReadOnly: boolean;
}

/** The page needs its own modules and styles, and nothing from anywhere else. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Of every answer. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-frame-options': 'DENY',
};

/** What needs no token, also where the service listens to other machines: probes, and the page, which asks for it. */
const OPEN_PATHS = /^\/(healthz|readyz|$|assets\/|favicon\.svg$)/;
const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Adds the checks and headers to every request of the service. */
export function guardAccess(app: FastifyInstance, { token, isLoopback, isReadOnly }: AccessOptions): void {
  app.addHook('onRequest', async (request, reply) => {
    secure(reply);
    if (isLoopback && !isOwnName(request.hostname)) {
      return await sendProblem(reply, problem(421, `this service is not ${request.hostname}`));
    }
    const isSafe = SAFE_METHODS.has(request.method);
    if (!isSafe && !isFromHere(request)) {
      return await sendProblem(reply, problem(403, 'the request comes from another site'));
    }
    if (OPEN_PATHS.test(request.url.split('?', 1)[0])) return;
    if (isSafe && isLoopback) return;
    if (token === undefined || (!isSafe && isReadOnly)) {
      const hint = 'start `settle serve` with --token-file';
      return await sendProblem(reply, problem(403, 'this service is read-only', token === undefined ? { hint } : {}));
    }
    if (!isToken(request.headers.authorization, token)) {
      reply.header('www-authenticate', 'Bearer realm="settle"');
      return await sendProblem(
        reply,
        problem(401, 'the token is missing or wrong', { hint: 'send it as Authorization: Bearer TOKEN' }),
      );
    }
  });
}

/** Adds the headers of every answer. */
export function secure(reply: FastifyReply): void {
  reply.headers(SECURITY_HEADERS);
}

/** A page of another name that resolves to this machine (DNS rebinding) names itself. */
function isOwnName(hostname: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/i.test(hostname);
}

/** Browsers name the site that a request comes from; programs do not. */
function isFromHere(request: FastifyRequest): boolean {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false;
  const { origin } = request.headers;
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === request.host);
}

/** In the same time whatever was sent. */
function isToken(header: string | undefined, token: string): boolean {
  const sent = /^Bearer (\S+)$/i.exec(header ?? '')?.[1] ?? '';
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(sent), digest(token));
}
