/** The order of test files: the longest begin first, so that at the end no worker is left alone with one. */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Those that take more than half a minute, the longest first. */
const SLOW = [
  'cli/privileges',
  'daily/backfill',
  'daily/shards',
  'daily/crash',
  'daily/oracle',
  'cli/signals',
  'payments/crash',
  'package',
  'serve/page',
  'daily/stealing',
  'serve/serve',
  'database/migrate-crash',
  'faults/proxy',
  'serve/views',
  'daily/real-logs',
  'database/upgrade',
  'outbox/sinks',
  'bench/bench',
  'steps/workers',
  'cli/run',
  'daily/traps',
  'incidents/money',
  'steps/double-start',
  'challenge/crash',
  'payments/oracle',
  'steps/run-partitioned',
  'incidents/upgrade-night',
  'cli/replay',
  'rivals/payments',
  'cli/secrets',
  'deploy/container',
  'steps/nemesis',
];

export default class SlowFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}

function placeOf({ moduleId }: TestSpecification): number {
  const place = SLOW.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
  return place === -1 ? SLOW.length : place;
}
