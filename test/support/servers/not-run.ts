/**
 * What a test run had to leave out, with the reason, for its closing output. Kept in the environment because vitest
 * loads the set-up and the reporter as separate copies of their modules.
 */
const VARIABLE = 'SETTLE_TEST_NOT_RUN';

/** Adds a line to the closing output. */
export function tellNotRun(line: string): void {
  process.env[VARIABLE] = JSON.stringify([...notRun(), line]);
}

export function notRun(): string[] {
  return JSON.parse(process.env[VARIABLE] ?? '[]') as string[];
}
