import { defineConfig } from 'vitest/config';
import { compileCache } from './test/support/run-settle.ts';
import SlowFilesFirst from './test/support/slow-files-first.ts';

export default defineConfig({
  test: {
    reporters: ['default', './test/support/summary-reporter.ts'],
    pool: 'forks',
    // On two cores a third worker gains nothing, and lets tests wait too long. No test shares a database with another.
    maxWorkers: 2,
    sequence: { sequencer: SlowFilesFirst },
    projects: [
      {
        test: { name: 'unit', include: ['test/unit/**/*.test.ts', 'test/architecture.test.ts'], testTimeout: 60_000 },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          globalSetup: ['./test/support/servers/global-setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          // A machine that others share may keep a process waiting for longer than a test does; the summary names each.
          retry: process.env.CI === 'true' ? 1 : 0,
          env: { NODE_COMPILE_CACHE: compileCache },
        },
      },
    ],
  },
});
