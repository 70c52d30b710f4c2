/**
 * The last line of a test run: `N passed, N failed`, alone on its line, whatever else is printed. A file that could
 * not be collected, an error outside of a test and a failed `npm run check` (told by the Makefile) count as failures.
 */
import type { Reporter, TestModule } from 'vitest/node';
import { notRun } from './servers/not-run.ts';

export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    let passed = 0;
    let failed = unhandledErrors.length + (process.env.SETTLE_TEST_CHECK === 'failed' ? 1 : 0);
    let skipped = 0;
    const retried: string[] = [];
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed' && (test.diagnostic()?.retryCount ?? 0) > 0) retried.push(test.fullName);
        if (state === 'passed') passed++;
        else if (state === 'failed') failed++;
        else skipped++;
      }
      failed += module.errors().length;
      for (const suite of module.children.allSuites()) failed += suite.errors().length;
    }
    // At exit, because the servers are stopped, and may have something to say, after this hook.
    process.once('exit', () => {
      for (const line of notRun()) process.stdout.write(`not run: ${line}\n`);
      for (const name of retried) process.stdout.write(`passed at the second try: ${name}\n`);
      if (skipped > 0) process.stdout.write(`not run: ${skipped} skipped tests\n`);
      process.stdout.write(`${passed} passed, ${failed} failed\n`);
    });
  }
}
