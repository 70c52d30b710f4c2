/** Statements on settle_audit: every action that was asked for, also those that were refused. */
import { randomUUID } from 'node:crypto';
import type { Database } from '../database/database.ts';
import { instantText, parseInstant } from '../database/instant.ts';
import type { Row } from '../database/values.ts';

export interface AuditEntry {
  readonly id: string;
  readonly askedAt: Date;
  /** Address of the client, and the name that it gave itself. */
  readonly actor: string;
  readonly action: string;
  /** Words of the command line. */
  readonly arguments: readonly string[];
  readonly endedAt: Date | undefined;
  readonly exitCode: number | undefined;
  readonly message: string | undefined;
}

const MESSAGE_LENGTH_MAX = 2_000;
const ACTOR_LENGTH_MAX = 190;

/** Notes what is asked for, before it is done. Resolves to the id of the entry. */
export async function noteAsked(
  { knex }: Database,
  asked: { readonly actor: string; readonly action: string; readonly arguments: readonly string[] },
): Promise<string> {
  const id = randomUUID();
  await knex('settle_audit').insert({
    id,
    asked_at: instantText(Date.now()),
    actor: asked.actor.slice(0, ACTOR_LENGTH_MAX),
    action: asked.action,
    arguments: JSON.stringify(asked.arguments),
  });
  return id;
}

export async function noteEnded({ knex }: Database, id: string, exitCode: number, message: string): Promise<void> {
  await knex('settle_audit')
    .where({ id })
    .update({ ended_at: instantText(Date.now()), exit_code: exitCode, message: message.slice(0, MESSAGE_LENGTH_MAX) });
}

/** Newest first. */
export async function listAudit({ knex }: Database, limit: number): Promise<AuditEntry[]> {
  const rows: Row[] = await knex('settle_audit')
    .orderBy([{ column: 'asked_at', order: 'desc' }, 'id'])
    .limit(limit);
  return rows.map((row) => ({
    id: String(row.id),
    askedAt: new Date(parseInstant(String(row.asked_at))),
    actor: String(row.actor),
    action: String(row.action),
    arguments: JSON.parse(String(row.arguments)) as string[],
    endedAt: row.ended_at === null ? undefined : new Date(parseInstant(String(row.ended_at))),
    exitCode: row.exit_code === null ? undefined : Number(row.exit_code),
    message: row.message === null ? undefined : String(row.message),
  }));
}
