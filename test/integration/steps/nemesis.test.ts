/**
 * A sample of `make soak-workers`: one history of kills, pauses and cut networks around a run on workers, the same each
 * time. A failure prints the seed, which `NEMESIS_SEED=N NEMESIS_HISTORIES=1 make soak-workers` plays again.
 */
import { expect, test } from 'vitest';
import { freshDatabase } from '../../support/databases.ts';
import { runHistory } from '../../support/nemesis/history.ts';
import { isThorough } from '../../support/thorough.ts';

const SEEDS = isThorough ? [7, 11, 12, 13, 14] : [7];

test.each(SEEDS)('seed %i leaves what a clean run leaves', { timeout: 240_000 }, async (seed) => {
  const place = await freshDatabase('mariadb');
  try {
    const { problems, done, executions, claims } = await runHistory({ url: place.url, seed });
    expect(problems, done.join('\n')).toEqual([]);
    // Somebody did lose what it had.
    expect(claims + executions, done.join('\n')).toBeGreaterThan(32 + 1);
  } finally {
    await place.drop();
  }
});
