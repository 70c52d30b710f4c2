/**
 * Notifications to a push gateway by HTTP: as the HTTP sink, each message with the `tokens` of the user that its payload
 * names by `userId`. The gateway's answer, of whatever status, may be JSON with `unregistered`: an array of tokens. These
 * are marked invalid and not used again. 404 or 410 to one message with one token says the same of it.
 */
import type { Database } from '../../../database/database.ts';
import type { Answer } from '../rules/deliver.ts';
import { type Message, messageJson } from '../rules/message.ts';
import { unregisteredOf, userOf } from '../rules/recipients.ts';
import { markInvalid, readTokens, type Token } from '../store/token-store.ts';
import { httpClient } from './http-client.ts';
import type { Sink } from './sink.ts';

/** A gateway may name one token at a time. */
const AGAIN_MAX = 20;

interface Addressed {
  readonly message: Message;
  readonly userId: bigint;
  readonly tokens: readonly Token[];
}

/** @param url `push+http(s)://HOST/PATH` */
export function pushSink(url: URL, secret: string | undefined, database: Database): Sink {
  const client = httpClient(new URL(url.href.slice('push+'.length)), secret);
  const send = async (messages: readonly Message[], again = AGAIN_MAX): Promise<Answer> => {
    const { addressed, except } = await address(database, messages);
    if (addressed.length === 0) return { kind: 'sent', text: '', except };
    const body = `[${addressed.map(addressedJson).join(',')}]`;
    const {
      answer,
      body: said,
      status,
    } = await client.post(
      addressed.map(({ message }) => message),
      body,
    );
    const gone = new Set(unregisteredOf(said));
    const isGone = status === 404 || status === 410;
    if (isGone && addressed.length === 1 && addressed[0].tokens.length === 1) gone.add(addressed[0].tokens[0].token);
    const invalid = addressed.flatMap(({ userId, tokens }) =>
      tokens.filter(({ token }) => gone.has(token)).map(({ token }) => ({ userId, token })),
    );
    if (invalid.length > 0) await markInvalid(database, invalid);
    // Nobody took it because of tokens that are not used again: without them it may be taken.
    if (answer.kind === 'never' && invalid.length > 0 && again > 0) return await send(messages, again - 1);
    if (answer.kind !== 'sent') return answer;
    for (const { message, tokens } of addressed) {
      if (tokens.every(({ token }) => gone.has(token))) except.set(message.id, 'its tokens are unregistered');
    }
    return { ...answer, except };
  };
  return {
    name: `push+${client.name}`,
    send: async (messages) => {
      try {
        return await send(messages);
      } catch (error) {
        // The database: tokens could not be read or marked.
        return { kind: 'unavailable', text: error instanceof Error ? error.message : String(error), retryAfterMs: 500 };
      }
    },
    close: async () => {},
  };
}

async function address(
  database: Database,
  messages: readonly Message[],
): Promise<{ addressed: Addressed[]; except: Map<bigint, string> }> {
  const users = messages.map(({ payload }) => userOf(payload));
  const tokensOf = await readTokens(
    database,
    users.filter((one) => one !== undefined),
  );
  const addressed: Addressed[] = [];
  const except = new Map<bigint, string>();
  for (const [at, message] of messages.entries()) {
    const userId = users[at];
    const tokens = userId === undefined ? undefined : tokensOf.get(userId);
    if (userId === undefined) except.set(message.id, 'its payload has no userId');
    else if (tokens === undefined) except.set(message.id, `user ${userId} has no valid token`);
    else addressed.push({ message, userId, tokens });
  }
  return { addressed, except };
}

function addressedJson({ message, tokens }: Addressed): string {
  return `${messageJson(message).slice(0, -1)},"tokens":${JSON.stringify(tokens)}}`;
}
