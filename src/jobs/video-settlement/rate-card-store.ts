/** Rate cards in the database: imported ones and the one that is shipped. Stored cards never change. */
import { createHash } from 'node:crypto';
import { bulkInsert } from '../../database/bulk-insert.ts';
import type { Database, Executor, Transaction } from '../../database/database.ts';
import { toNumber } from '../../database/values.ts';
import { ExitCode, SettleError } from '../../errors.ts';
import { findDigests } from '../../ledger/find-digests.ts';
import { postRecords } from '../../ledger/post-records.ts';
import { rateCardDigest } from '../../ledger/record-digests.ts';
import { rateCardKey } from '../../ledger/rules/record.ts';
import { defaultRateCard } from './rules/default-rate-card.ts';
import { cardInForce, parseRateCard, type RateCard, rateCardText } from './rules/rate-card.ts';
import { lockSettlements } from './settlement-lock.ts';

export interface StoredCard {
  /** In order of import; 0 is the shipped one. */
  readonly cardNo: number;
  readonly card: RateCard;
  /** SHA-256 of the card's canonical text, in hexadecimal. */
  readonly digest: string;
}

const shippedCardNo = 0;

/**
 * Every card there is, the shipped one first, whether it has been stored yet or not.
 * @throws SettleError RATE_CARD_CHANGED (exit 20) when one is not as it was imported
 */
export async function readRateCards(executor: Executor): Promise<StoredCard[]> {
  const rows = await executor('settle_rate_card').orderBy('card_no');
  const recorded = await findDigests(
    executor,
    rows.map((row) => rateCardKey(toNumber(row.card_no))),
  );
  const stored = rows.map((row) => soundCard(row, recorded));
  if (stored[0]?.cardNo === shippedCardNo) return stored;
  return [{ cardNo: shippedCardNo, card: defaultRateCard, digest: digestOf(defaultRateCard) }, ...stored];
}

/** The cards as they are stored, for lists: whether they are what was imported is not checked, nothing is priced with them. */
export async function listRateCards(executor: Executor): Promise<StoredCard[]> {
  const rows = await executor('settle_rate_card').orderBy('card_no');
  const stored = rows.map((row) => ({
    cardNo: toNumber(row.card_no),
    card: parseRateCard(JSON.parse(String(row.body))),
    digest: String(row.digest),
  }));
  if (stored[0]?.cardNo === shippedCardNo) return stored;
  return [{ cardNo: shippedCardNo, card: defaultRateCard, digest: digestOf(defaultRateCard) }, ...stored];
}

/** The card of a row, which must be the one that was imported: its own digest, its columns, its record on the chain. */
function soundCard(row: Record<string, unknown>, recorded: ReadonlyMap<string, string>): StoredCard {
  const cardNo = toNumber(row.card_no);
  let card: RateCard | undefined;
  try {
    card = parseRateCard(JSON.parse(String(row.body)));
  } catch {
    // Whatever it is, it is not what was imported.
  }
  const isOwn =
    card !== undefined &&
    digestOf(card) === row.digest &&
    card.name === row.name &&
    card.effectiveFrom === String(row.effective_from) &&
    recorded.get(rateCardKey(cardNo)) === rateCardDigest(row);
  if (card !== undefined && isOwn) return { cardNo, card, digest: String(row.digest) };
  throw new SettleError(
    'RATE_CARD_CHANGED',
    ExitCode.invariantBroken,
    `rate card ${cardNo} has been changed since it was imported: nothing is priced with it`,
    { hint: 'restore settle_rate_card from a backup; `settle ledger verify` names what else does not fit' },
  );
}

/** Stores the shipped card before something is priced with it, so that a later version's cannot take its place. */
export async function keepShippedCard(database: Database, tx: Transaction): Promise<void> {
  if ((await tx('settle_rate_card').where({ card_no: shippedCardNo }).first('card_no')) !== undefined) return;
  await insertCard(database, tx, shippedCardNo, defaultRateCard);
}

/** @throws SettleError (exit 2) when no card has come into force by the date */
export function requireCardInForce(cards: readonly StoredCard[], date: string): StoredCard {
  const card = cardInForce(cards, date);
  if (card !== undefined) return card;
  throw new SettleError('NO_RATE_CARD', ExitCode.usage, `no rate card is in force on ${date}`, {
    hint: 'Import one that is effective from that date or earlier: settle import rates FILE',
  });
}

/** The stored card; `isNew` false when the same card was there already. */
export interface ImportedCard extends StoredCard {
  readonly isNew: boolean;
  /** Settled dates that the card prices from now on; they change when they are settled again. */
  readonly datesToSettleAgain: readonly string[];
}

/** A settled date that a card would price anew. */
export interface TouchedDate {
  readonly date: string;
  readonly isClosed: boolean;
}

/** What importing a card would change; nothing is written. */
export interface CardPreview {
  readonly isNew: boolean;
  /** The card that prices its first date so far; undefined before every card. */
  readonly replaces: StoredCard | undefined;
  /** By date. */
  readonly touched: readonly TouchedDate[];
}

export async function previewRateCard({ knex }: Database, card: RateCard): Promise<CardPreview> {
  const cards = await readRateCards(knex);
  const digest = digestOf(card);
  const isNew = cards.every((stored) => stored.digest !== digest);
  const next = { cardNo: cards[cards.length - 1].cardNo + 1, card, digest };
  return {
    isNew,
    replaces: cardInForce(cards, card.effectiveFrom),
    touched: isNew ? await readTouchedDates(knex, cards, next) : [],
  };
}

async function readTouchedDates(
  executor: Executor,
  cards: readonly StoredCard[],
  next: StoredCard,
): Promise<TouchedDate[]> {
  const dates = await executor('settle_settlement_date')
    .where('business_date', '>=', next.card.effectiveFrom)
    .whereNotNull('job_execution_id')
    .orderBy('business_date')
    .select('business_date', 'closed_at');
  return dates
    .filter((row) => cardInForce([...cards, next], String(row.business_date)) === next)
    .map((row) => ({ date: String(row.business_date), isClosed: row.closed_at !== null }));
}

/**
 * Stores a card. The same card again changes nothing.
 * @param options `correctClosed`: closed dates may be among those that it prices: what they were paid wrongly is then booked
 * as adjustments in the next open date
 * @throws SettleError (exit 2) when it would change the price of a closed date, and that was not asked for
 */
export async function importRateCard(
  database: Database,
  card: RateCard,
  { correctClosed = false }: { readonly correctClosed?: boolean } = {},
): Promise<ImportedCard> {
  return await database.transaction(async (tx) => {
    await lockSettlements(tx);
    await keepShippedCard(database, tx);
    const digest = digestOf(card);
    const cards = await readRateCards(tx);
    const same = cards.find((stored) => stored.digest === digest);
    if (same !== undefined) return { ...same, isNew: false, datesToSettleAgain: [] };
    const cardNo = cards[cards.length - 1].cardNo + 1;
    const next = { cardNo, card, digest };
    const touched = await readTouchedDates(tx, cards, next);
    const closed = touched.findLast(({ isClosed }) => isClosed);
    if (closed !== undefined && !correctClosed) {
      throw new SettleError(
        'DATE_CLOSED',
        ExitCode.usage,
        `the card is effective from ${card.effectiveFrom}, but ${closed.date} is closed and keeps its prices`,
        {
          hint:
            'Make it effective from a date after the last closed one; or, where closed dates were priced wrongly, add ' +
            '--correct-closed: the difference is booked in the next open date.',
        },
      );
    }
    await insertCard(database, tx, cardNo, card);
    return { ...next, isNew: true, datesToSettleAgain: touched.map(({ date }) => date) };
  });
}

async function insertCard(database: Database, tx: Transaction, cardNo: number, card: RateCard): Promise<void> {
  await bulkInsert(
    tx,
    database.dialect,
    {
      table: 'settle_rate_card',
      columns: ['card_no', 'name', 'effective_from', 'digest', 'body', 'imported_at'],
    },
    [[cardNo, card.name, card.effectiveFrom, digestOf(card), rateCardText(card), await database.dialect.now(tx)]],
  );
  const digest = rateCardDigest(await tx('settle_rate_card').where({ card_no: cardNo }).first());
  const reason = `rate card ${cardNo}, effective from ${card.effectiveFrom}`;
  await postRecords({ database, tx }, [{ key: rateCardKey(cardNo), businessDate: card.effectiveFrom, reason, digest }]);
}

function digestOf(card: RateCard): string {
  return createHash('sha256').update(rateCardText(card)).digest('hex');
}
