/** Every case of the benchmark. To add one: write cases/NAME.ts by the contract in ../case.ts and name it here. */
import { usageError } from '../../errors.ts';
import type { BenchCase } from '../case.ts';
import { dailyCase } from './daily.ts';

export const benchCases: readonly BenchCase[] = [dailyCase];

/** @throws SettleError (exit 2) for a name that there is not */
export function findCase(name: string): BenchCase {
  const found = benchCases.find((one) => one.name === name);
  if (found === undefined) {
    throw usageError(
      `there is no case ${name} in the benchmark`,
      `There are: ${benchCases.map((one) => one.name).join(', ')}.`,
    );
  }
  return found;
}
