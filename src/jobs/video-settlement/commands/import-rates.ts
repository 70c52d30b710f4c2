/** `settle import rates FILE`: one rate card from JSON. Small and whole, so it is no job: one transaction takes it. */
import type { Cli } from '../../../cli/cli.ts';
import type { GlobalFlags } from '../../../cli/config.ts';
import { tell } from '../../../cli/errors.ts';
import { formatJson } from '../../../cli/output/json.ts';
import { print } from '../../../cli/output/stdout.ts';
import { readJsonFile } from '../../../cli/read-json-file.ts';
import type { Database } from '../../../database/database.ts';
import { usageError } from '../../../errors.ts';
import { visibleLine } from '../../../rules/visible-text.ts';
import type { ReadingFlags } from '../../import/commands/reading-options.ts';
import { priceChanges } from '../output/rates-table.ts';
import type { TouchedDate } from '../rate-card-store.ts';
import { parseRateCard, type RateCard } from '../rules/rate-card.ts';

const BYTES_MAX = 1_000_000;

interface Flags extends GlobalFlags, ReadingFlags {
  readonly map?: string;
  readonly zone?: string;
  readonly registerVideos?: boolean;
  readonly encoding?: string;
  readonly allowPartialLastLine?: boolean;
  readonly json?: boolean;
  readonly yes?: boolean;
  readonly correctClosed?: boolean;
}

/** @throws SettleError (exit 2) for a file that is no rate card */
export async function importRates(
  flags: Flags,
  file: string,
  { withDatabase }: Pick<Cli, 'withDatabase'>,
): Promise<void> {
  const { map, zone, registerVideos, timeUnit, null: nulls, ignoreColumns, encoding, allowPartialLastLine } = flags;
  const ofFiles = [
    map,
    zone,
    registerVideos || undefined,
    timeUnit,
    nulls,
    ignoreColumns,
    encoding,
    allowPartialLastLine,
  ];
  if (ofFiles.some((flag) => flag !== undefined)) {
    throw usageError(
      'a rate card is JSON in UTF-8: --map, --zone, --register-videos, --time-unit, --null, --ignore-columns, --encoding and --allow-partial-last-line are not for rates',
    );
  }
  const card = readRateCard(file);
  await withDatabase(flags, async (context) => {
    const { database } = context;
    const { withLedgerHead } = await import('../../../ledger/cli/ledger-head.ts');
    const store = await import('../rate-card-store.ts');
    const { isNew: isUnknown, replaces, touched } = await store.previewRateCard(database, card);
    const closed = touched.filter(({ isClosed }) => isClosed);
    // What would be refused anyway needs no answer.
    const isRefused = closed.length > 0 && flags.correctClosed !== true;
    if (isUnknown && !flags.json) {
      const changes = priceChanges(replaces?.card, card);
      const from = replaces === undefined ? 'no card' : visibleLine(replaces.card.name);
      const lines = changes.map((line) => `${line}\n`).join('');
      await print(`${from} -> ${visibleLine(card.name)}, effective from ${card.effectiveFrom}\n${lines}`);
    }
    if (touched.length > 0 && !isRefused) await requireConsent(database, touched, flags);
    const { cardNo, digest, isNew, datesToSettleAgain } = await withLedgerHead(context, () =>
      store.importRateCard(database, card, { correctClosed: flags.correctClosed }),
    );
    const { name, effectiveFrom } = card;
    if (flags.json) await print(formatJson({ cardNo, name, effectiveFrom, digest, isNew, datesToSettleAgain }));
    else
      await print(
        `rate card ${visibleLine(name)}, effective from ${effectiveFrom}: ${isNew ? 'imported' : 'already there'}\n`,
      );
    if (datesToSettleAgain.length > 0) {
      const [first] = datesToSettleAgain;
      const last = datesToSettleAgain[datesToSettleAgain.length - 1];
      tell(
        `${datesToSettleAgain.length} settled dates from ${first} to ${last} keep the old card until priced again`,
        `\`settle reprice --from ${first}\``,
      );
    }
  });
}

/** Settled dates change when they are priced again: somebody says that this is meant. */
async function requireConsent(database: Database, touched: readonly TouchedDate[], flags: Flags): Promise<void> {
  const { readSettlement } = await import('../read-settlement.ts');
  const [first] = touched;
  const last = touched[touched.length - 1];
  const videos = await readSettlement(database, { from: first.date, to: last.date });
  const won = videos.reduce((sum, { viewAmount, adAmount }) => sum + viewAmount + adAmount, 0n);
  const closed = touched.filter(({ isClosed }) => isClosed).length;
  const what =
    `${touched.length} settled dates from ${first.date} to ${last.date} are priced by this card, ${closed} of them ` +
    `closed; ${won.toLocaleString('en-US')} won are settled in them`;
  if (flags.yes) return tell(what);
  if (process.stdin.isTTY && process.stderr.isTTY) {
    const { createInterface } = await import('node:readline/promises');
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    const answer = await terminal.question(`settle: ${what}. Import it? [y/N] `);
    terminal.close();
    if (/^y(es)?$/i.test(answer.trim())) return;
    throw usageError('nothing was imported');
  }
  throw usageError(`${what}; nothing was imported`, 'add --yes to import it');
}

/** @throws SettleError (exit 2) for a file that is no rate card */
export function readRateCard(file: string): RateCard {
  return parseRateCard(readJsonFile(file, BYTES_MAX, 'a rate card'));
}
