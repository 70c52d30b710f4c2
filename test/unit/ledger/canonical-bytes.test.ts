/** Written from columns, the canonical bytes are those of the text that posting hashes: old ledgers stay verifiable. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packDateText, packDatetimeText } from '../../../src/database/packed-time.ts';
import { type CanonicalJournal, canonicalJournal } from '../../../src/ledger/rules/canonical.ts';
import { CanonicalBytes, type JournalTexts } from '../../../src/ledger/rules/canonical-bytes.ts';
import { accountTypes } from '../../../src/ledger/rules/journal.ts';
import { joinPage, type LedgerPage } from '../../../src/ledger/rules/page.ts';

const int64 = fc.oneof(
  fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
  fc.bigInt(-1000n, 1000n),
  fc.bigInt(2n ** 32n - 2n, 2n ** 32n + 2n),
);
const instant = fc
  .date({ min: new Date('1000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true })
  .map((date) => date.toISOString().replace('T', ' ').slice(0, 23));
const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constantFrom('', 'grant/1', '점수 🎉'));
const hash = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 });
const entry = fc.record({
  type: fc.constantFrom(...accountTypes),
  ownerId: int64,
  amount: int64,
  lot: fc.option(fc.record({ userId: int64, amount: int64, grantedAt: instant, expiresAt: fc.option(instant) })),
  uses: fc.array(
    fc.record({ journalId: fc.bigInt(1n, 9n), lineNo: fc.nat(99_999), restoresId: int64, amount: int64 }),
    {
      maxLength: 3,
    },
  ),
});
const journal = fc.record({
  previousHash: hash,
  key: text,
  kind: text,
  businessDate: instant.map((written) => written.slice(0, 10)),
  reason: text,
  reversesId: fc.option(fc.bigInt(1n, 2n ** 63n - 1n)),
  contentDigest: hash,
  entries: fc.array(entry, { maxLength: 4 }),
});
type Journal = Parameters<Parameters<typeof journal.map>[0]>[0];

test('equals the canonical text of any journals', () => {
  fc.assert(
    fc.property(fc.array(journal, { minLength: 1, maxLength: 4 }), (journals) => {
      const [page, texts] = columnsOf(journals);
      joinPage(page);
      const canonical = new CanonicalBytes();
      let firstEntry = 0;
      journals.forEach((one, j) => {
        canonical.write(page, texts, j, firstEntry);
        expect(Buffer.from(canonical.content).toString()).toBe(canonicalJournal(plain(one, BigInt(j + 1))));
        firstEntry = page.join.entryEnd[j];
      });
    }),
  );
});

function plain(one: Journal, id: bigint): CanonicalJournal {
  const entries = one.entries.map(({ type, ownerId, amount, lot, uses }) => {
    const named = uses.map(({ journalId, lineNo, ...use }) => ({ ...use, lot: { journalId, lineNo } }));
    return { accountType: type, ownerId, amount, uses: named, ...(lot === null ? {} : { lot }) };
  });
  return { ...one, id, entries };
}

/** In order of the tables' keys, as a database gives them. */
function columnsOf(journals: readonly Journal[]): [LedgerPage, JournalTexts] {
  const bytes: number[] = [];
  const texts = (values: readonly string[]) => {
    const at: number[] = [];
    const length: number[] = [];
    for (const value of values) {
      const encoded = Buffer.from(value);
      at.push(bytes.length);
      length.push(encoded.length);
      bytes.push(...encoded);
    }
    return { at: Int32Array.from(at), length: Int32Array.from(length) };
  };
  const entries = journals.flatMap((one, j) => one.entries.map((e, i) => ({ ...e, id: BigInt(j + 1), line: i + 1 })));
  const lots = entries.flatMap(({ lot, id, line }) => (lot === null ? [] : [{ ...lot, id, line }]));
  const uses = entries.flatMap(({ uses: some, id, line }) =>
    some
      .toSorted(
        (a, b) => Number(a.journalId - b.journalId) || a.lineNo - b.lineNo || (a.restoresId < b.restoresId ? -1 : 1),
      )
      .map((use) => ({ ...use, id, line })),
  );
  const big = <T>(rows: readonly T[], value: (row: T) => bigint) => BigInt64Array.from(rows.map(value));
  const small = <T>(rows: readonly T[], value: (row: T) => number) => Int32Array.from(rows.map(value));
  const ownerId = big(entries, (row) => row.ownerId);
  const amount = big(entries, (row) => row.amount);
  const lotColumns = {
    size: lots.length,
    journalId: big(lots, (row) => row.id),
    lineNo: small(lots, (row) => row.line),
    userId: big(lots, (row) => row.userId),
    amount: big(lots, (row) => row.amount),
    remaining: big(lots, (row) => row.amount),
    grantedAt: Float64Array.from(lots.map((row) => packDatetimeText(row.grantedAt))),
    expiresAt: Float64Array.from(
      lots.map((row) => (row.expiresAt === null ? Number.NaN : packDatetimeText(row.expiresAt))),
    ),
  };
  const page: LedgerPage = {
    journals: {
      size: journals.length,
      id: big(
        journals.map((_, j) => BigInt(j + 1)),
        (id) => id,
      ),
      reversesId: big(journals, (row) => row.reversesId ?? 0n),
      lineCount: small(journals, (row) => row.entries.length),
      hashVersion: small(journals, () => 1),
    },
    entries: {
      size: entries.length,
      journalId: big(entries, (row) => row.id),
      lineNo: small(entries, (row) => row.line),
      ownerId,
      ownerWords: new Int32Array(ownerId.buffer),
      amount,
      amountWords: new Int32Array(amount.buffer),
      type: Uint8Array.from(entries.map((row) => accountTypes.indexOf(row.type))),
    },
    lots: lotColumns,
    uses: {
      size: uses.length,
      journalId: big(uses, (row) => row.id),
      lineNo: small(uses, (row) => row.line),
      lotJournalId: big(uses, (row) => row.journalId),
      lotLineNo: small(uses, (row) => row.lineNo),
      restoresId: big(uses, (row) => row.restoresId),
      amount: big(uses, (row) => row.amount),
    },
    givenBack: lotColumns,
    join: {
      entryEnd: new Int32Array(journals.length),
      lotOf: new Int32Array(entries.length),
      useEnd: new Int32Array(entries.length),
    },
    violation: undefined,
  };
  const columns = {
    previousHash: texts(journals.map((row) => row.previousHash)),
    key: texts(journals.map((row) => row.key)),
    kind: texts(journals.map((row) => row.kind)),
    reason: texts(journals.map((row) => row.reason)),
    contentDigest: texts(journals.map((row) => row.contentDigest)),
    businessDate: Float64Array.from(journals.map((row) => packDateText(row.businessDate))),
  };
  return [page, { ...columns, bytes: Uint8Array.from(bytes) }];
}
