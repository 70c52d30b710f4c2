/** Every case of the benchmark. To add one: write cases/NAME.ts by the contract in ../case.ts and name it here. */
import { usageError } from '../../errors.ts';
import type { BenchCase } from '../case.ts';
import { challengeSettlementCase } from './challenge-settlement.ts';
import { copyCase } from './copy.ts';
import { copyTableCase } from './copy-table.ts';
import { dailyCase } from './daily.ts';
import { growthCase } from './growth.ts';
import { ledgerVerifyCase } from './ledger-verify.ts';
import { postViewsCase } from './post-views.ts';
import { relayCase } from './relay.ts';
import { relayDelayCase } from './relay-delay.ts';
import { restartCase } from './restart.ts';
import { scaleCase } from './scale.ts';
import { serveCase } from './serve.ts';
import { shapesCase } from './shapes.ts';
import { sqliteCase } from './sqlite.ts';
import { startUpCase } from './start-up.ts';

export const benchCases: readonly BenchCase[] = [
  dailyCase,
  copyCase,
  challengeSettlementCase,
  sqliteCase,
  relayCase,
  relayDelayCase,
  serveCase,
  postViewsCase,
  startUpCase,
  restartCase,
  ledgerVerifyCase,
  shapesCase,
  growthCase,
  scaleCase,
  copyTableCase,
];

/** @throws SettleError (exit 2) for a name that there is not */
export function findCase(name: string): BenchCase {
  const found = benchCases.find((one) => one.name === name);
  if (found === undefined) {
    const known = benchCases.map((one) => one.name).join(', ');
    throw usageError(`there is no case ${name} in the benchmark`, `There are: ${known}.`);
  }
  return found;
}
