/** The order of test files: the longest begin first, so that at the end no worker is left alone with one. */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Those that take more than half a minute, the longest first. */
const SLOW = [
  'daily/crash',
  'daily/oracle',
  'servers/hostile-server',
  'database/migrate-crash',
  'jobs/import-crash',
  'daily/real-logs',
  'cli/signals',
  'faults/proxy',
  'steps/faults',
  'cli/privileges',
  'steps/double-start',
];

export default class SlowFilesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}

function placeOf({ moduleId }: TestSpecification): number {
  const place = SLOW.findIndex((name) => moduleId.endsWith(`${name}.test.ts`));
  return place === -1 ? SLOW.length : place;
}
