/**
 * Lets the head of the ledger leave the database whenever a command has moved it: into the log, and into the file of
 * anchors that is configured. The termination message of a run carries it, too.
 */

import type { CommandContext } from '../../cli/command-context.ts';
import { tell } from '../../cli/errors.ts';
import { usageError } from '../../errors.ts';
import type { Anchor } from '../rules/anchor.ts';

/** As it is logged. */
export interface LedgerHeadNote {
  readonly id: string;
  readonly hash: string;
  readonly count: string;
  readonly time: string;
}

export interface HeadWatch {
  /** Where the chain ends now, anchored; undefined when it has not moved since. Never throws: what was posted is posted. */
  noteMoved(): Promise<LedgerHeadNote | undefined>;
}

/** @throws SettleError (exit 2) when anchors are configured and cannot be written, before anything is posted */
export async function watchLedgerHead({ database, settings, logger }: CommandContext): Promise<HeadWatch> {
  const { readHead } = await import('../head.ts');
  const { openAnchorFile } = await import('../anchor-file.ts');
  const { ledgerAnchors: file, ledgerAnchorKey: keyFile } = settings;
  if (file === undefined && keyFile !== undefined) {
    throw usageError('a key for anchors is configured, and no file of anchors', 'set SETTLE_LEDGER_ANCHORS, too');
  }
  const writer = file === undefined ? undefined : openAnchorFile({ file, keyFile });
  // A run that posts nothing goes on without a ledger; one that posts says itself what is wrong with it.
  const before = await readHead(database.knex).catch(() => undefined);
  return {
    async noteMoved() {
      try {
        const end = await readHead(database.knex);
        if (end.lastHash === before?.lastHash && end.lastJournalId === before.lastJournalId) return undefined;
        const { lastJournalId: id, lastHash: hash } = end;
        const anchor: Anchor = { id, hash, count: id, time: new Date().toISOString() };
        const note = { ...anchor, id: `${id}`, count: `${id}` };
        try {
          writer?.append(anchor);
        } catch (error) {
          const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
          tell(`the head of the ledger was not written to ${file}: ${reason}`, `keep it: ${id}:${hash}`);
        }
        return note;
      } catch (error) {
        logger.debug({ err: error }, 'the head of the ledger could not be read');
        return undefined;
      }
    },
  };
}

/** For commands that post without a run: what they have posted is anchored as that of runs is. */
export async function withLedgerHead<T>(context: CommandContext, work: () => Promise<T>): Promise<T> {
  const watch = await watchLedgerHead(context);
  try {
    return await work();
  } finally {
    const ledgerHead = await watch.noteMoved();
    if (ledgerHead !== undefined) context.logger.info({ ledgerHead }, 'posted');
  }
}
