/** Two processes that settle different dates over the same users at the same time, while a third one takes stakes. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { verifyLedger } from '../../../src/ledger/verify-ledger.ts';
import type { OracleMember } from '../../oracles/challenge-settlement.ts';
import { sampledDatabases } from '../../support/databases.ts';
import { runSettle } from '../../support/run-settle.ts';
import { type Bench, openBench } from '../daily/support.ts';
import { expectAsOracle, load, membersCsv, randomData, ZONE } from './support.ts';

/** Nothing of these is due before. */
const LATER = '2026-12-01';

describe.each(sampledDatabases(import.meta.url))('settling in two processes on $name', ({ name }) => {
  let bench: Bench | undefined;
  afterEach(async () => await bench?.drop());

  test('over shared users: nobody fails, every challenge is settled once, the ledger is whole', async () => {
    bench = await openBench(name);
    const { database, test: own } = bench;
    const base = randomData(150, 4);
    const joinedAt = Date.UTC(2026, 4, 1);
    // Users 1 and 2 are in every challenge.
    const hot = base.challenges.flatMap(({ id }, i) =>
      [1n, 2n].map(
        (userId): OracleMember => ({
          id: 10_000n + 2n * BigInt(i) + userId,
          challengeId: id,
          userId,
          stake: 3n,
          joinedAt: joinedAt + i,
          quitAt: null,
        }),
      ),
    );
    const later = { ...base.challenges[0], id: 9_999n, status: 'READY', startDate: LATER, endDate: LATER };
    await load(database, {
      challenges: [...base.challenges, later],
      members: [...base.members, ...hot],
      proofs: base.proofs,
    });
    const joining = Array.from({ length: 300 }, (_, i): OracleMember => {
      const userId = BigInt(1 + (i % 2));
      return { id: BigInt(20_000 + i), challengeId: later.id, userId, stake: 1n, joinedAt, quitAt: null };
    });
    const folder = mkdtempSync(join(tmpdir(), 'settle-processes-'));
    try {
      const file = join(folder, 'members.csv');
      writeFileSync(file, membersCsv(joining));
      const settle = (date: string) =>
        runSettle(
          [...['run', 'challenge-settlement', '--date', date, '--zone', ZONE], ...['--workers', '2', '--chunk', '10']],
          { url: own.url },
        );
      const ends = await Promise.all([
        settle('2026-05-30'),
        settle('2026-06-30'),
        runSettle(['import', 'members', file], { url: own.url }),
      ]);
      for (const { code, stderr } of ends) expect(code, stderr).toBe(0);
    } finally {
      rmSync(folder, { recursive: true });
    }
    const data = { challenges: [...base.challenges, later], members: [...base.members, ...hot, ...joining] };
    await expectAsOracle(database, { ...data, proofs: base.proofs }, '2026-06-30');
    expect(await verifyLedger(database)).toMatchObject({ sound: true });
  }, 120_000);
});
