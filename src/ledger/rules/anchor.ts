/**
 * Anchors: where the chain of a ledger ended at a time, kept outside of the database. Whoever rewrites the ledger later,
 * hashes and head included, contradicts every anchor made before. Pure; files and signatures are in src/ledger.
 */
import { usageError } from '../../errors.ts';

/** An end of the chain: all journals up to `id`, none of which can be another when `hash` is the same. */
export interface ChainEnd {
  /** Of the last journal; 0n before the first. */
  readonly id: bigint;
  /** 64 hexadecimal digits. */
  readonly hash: string;
}

export interface Anchor extends ChainEnd {
  /** Journals up to there. */
  readonly count: bigint;
  /** When it was noted, in UTC: `2026-11-20T15:04:05.123Z`. */
  readonly time: string;
}

export interface SignedAnchor extends Anchor {
  /** Ed25519 of `anchorText`, in base64. */
  readonly signature?: string;
}

const HASH = /^[0-9a-f]{64}$/;
const INTEGER = /^(0|[1-9]\d{0,18})$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
const kind = 'settle-ledger-head-1';

/** What is signed. A released form is never changed. */
export function anchorText({ id, hash, count, time }: Anchor): string {
  return `${kind}\n${id}\n${hash}\n${count}\n${time}\n`;
}

/** One line of a file of anchors, without its end. */
export function anchorLine({ id, hash, count, time, signature }: SignedAnchor): string {
  return JSON.stringify({ kind, id: `${id}`, hash, count: `${count}`, time, ...(signature && { signature }) });
}

/** Undefined for a line that is no anchor. */
export function parseAnchorLine(line: string): SignedAnchor | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Readonly<Record<string, unknown>>;
  const text = (name: string, form: RegExp): string | undefined => {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    return typeof field === 'string' && form.test(field) ? field : undefined;
  };
  const [id, hash] = [text('id', INTEGER), text('hash', HASH)];
  const [count, time] = [text('count', INTEGER), text('time', TIME)];
  if (fields.kind !== kind || !id || !hash || !count || !time) return undefined;
  return { id: BigInt(id), hash, count: BigInt(count), time, signature: text('signature', /^[A-Za-z0-9+/=]{1,200}$/) };
}

/** `ID:HASH`, as `ledger verify --json` and the log give them. @throws SettleError (exit 2) */
export function parseChainEnd(text: string): ChainEnd {
  const [id = '', hash = '', ...rest] = text.split(':');
  if (INTEGER.test(id) && HASH.test(hash) && rest.length === 0) return { id: BigInt(id), hash };
  throw usageError(
    '--expect takes ID:HASH, a journal and its 64 hexadecimal digits',
    'a run logs them as `ledgerHead`',
  );
}
