/** Where users are reached: `notification_token`, which the platform fills. */
import type { Database } from '../../../database/database.ts';
import { type Row, toBigInt } from '../../../database/values.ts';

const TABLE = 'notification_token';
const IDS_A_STATEMENT = 500;

export interface Token {
  readonly platform: string;
  readonly token: string;
}

/** Those that are not marked invalid, by user, in a fixed order. */
export async function readTokens(
  { knex }: Database,
  userIds: readonly bigint[],
): Promise<ReadonlyMap<bigint, readonly Token[]>> {
  const found = new Map<bigint, Token[]>();
  const ids = [...new Set(userIds)].map(String);
  for (let at = 0; at < ids.length; at += IDS_A_STATEMENT) {
    const rows: Row[] = await knex(TABLE)
      .whereIn('user_id', ids.slice(at, at + IDS_A_STATEMENT))
      .whereNull('invalid_at')
      .orderBy(['user_id', 'platform', 'token'])
      .select('user_id', 'platform', 'token');
    for (const { user_id, platform, token } of rows) {
      const userId = toBigInt(user_id);
      found.set(userId, [...(found.get(userId) ?? []), { platform: String(platform), token: String(token) }]);
    }
  }
  return found;
}

/** They are not used again, unless the platform takes the mark away. */
export async function markInvalid(
  { knex, dialect }: Database,
  tokens: readonly { readonly userId: bigint; readonly token: string }[],
): Promise<void> {
  const now = (await dialect.now(knex)).slice(0, 'YYYY-MM-DD hh:mm:ss.mmm'.length);
  for (const [userId, some] of Map.groupBy(tokens, (one) => one.userId)) {
    await knex(TABLE)
      .where({ user_id: userId.toString() })
      .whereIn(
        'token',
        some.map(({ token }) => token),
      )
      .whereNull('invalid_at')
      .update({ invalid_at: now });
  }
}
