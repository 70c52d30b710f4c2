/** Why a module of the user's cannot be loaded, in one line that says where. */
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isSettleError } from '../errors.ts';

/** `orders is not defined (jobs/orders.ts:3)`. */
export function firstLine(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (isSettleError(error)) return error.message;
  const [message] = error.message.split('\n');
  // Paths of modules that are not found stand in the message, as this machine has them.
  const text = message.replaceAll(`${process.cwd()}/`, '');
  const place = placeOf(error);
  return place === undefined || text.includes(place) ? text : `${text} (${place})`;
}

/** A syntax error has its place before its words, any other in its frames; frames of Node and of libraries say nothing. */
function placeOf({ stack = '' }: Error): string | undefined {
  for (const line of stack.split('\n')) {
    // `at name (file:///a.ts:1:2)`, `at file:///a.ts:1:2`, `/a.ts:1`.
    const word = line.trim().split(/[ (]/).at(-1) ?? '';
    const [, path, at] = /^((?:file:\/\/)?\/[^:]*):(\d+)/.exec(word) ?? [];
    if (path === undefined || path.includes('/node_modules/')) continue;
    const own = relative(process.cwd(), path.startsWith('file:') ? fileURLToPath(path) : path);
    if (!own.startsWith('..')) return `${own}:${at}`;
  }
  return undefined;
}
