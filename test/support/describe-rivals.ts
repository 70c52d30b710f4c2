/** The frame of the tests of rivals: a database of its own on each kind, which rivals it meets there, what must come of it. */
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type CrashBench, openCrashBench } from './crash-bench.ts';
import type { DatabaseKind } from './database-kind.ts';
import { freshDatabase, sampledDatabases, type TestDatabase } from './databases.ts';
import { meetRivals, type RivalCase } from './rivals.ts';
import { isThorough } from './thorough.ts';

export interface RivalFrame {
  readonly name: DatabaseKind;
  /** A third of them, another one on each kind of database, and those that are to be met everywhere; all when asked for. */
  some<T extends { readonly name: string; readonly isEverywhere?: true }>(rivals: readonly T[]): readonly T[];
  /**
   * Meets the rival at the points that `choose` gives: each time the tables are as if it had come first or last, and
   * sometimes as if it had come first. They are sometimes as if it had come last unless that is the same.
   */
  expectSerial(name: string, rivalCase: RivalCase, choose: Parameters<typeof meetRivals>[2]): Promise<void>;
}

/** So long a test of one rival may take. */
export const rivalTimeout = { timeout: 900_000 };

/**
 * @param file `import.meta.url` of the test
 * @param tests makes the tests of one kind of database
 */
export function describeRivals(title: string, file: string, tests: (frame: RivalFrame) => void): void {
  describe.each(sampledDatabases(file))(`${title} on $name`, ({ name }) => {
    let own: TestDatabase;
    let bench: CrashBench;
    beforeAll(async () => {
      own = await freshDatabase(name);
      bench = await openCrashBench(own.url, null);
    });
    afterAll(async () => await own.drop());

    const part = { sqlite: 0, mariadb: 1, mysql: 2 }[name];
    tests({
      name,
      some: (rivals) => (isThorough ? rivals : rivals.filter((one, n) => one.isEverywhere || n % 3 === part)),
      expectSerial: async (rival, rivalCase, choose) => {
        const result = await meetRivals(bench, rivalCase, choose);
        if (isThorough) console.log(name, rival, { ...result, failures: result.failures.length });
        expect(result.failures).toEqual([]);
        expect(result.before).toBeGreaterThan(0);
        if (!result.isCommuting) expect(result.after).toBeGreaterThan(0);
      },
    });
  });
}
