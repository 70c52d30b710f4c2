import type { Executor } from '../../database/database.ts';
import { listReadRevisions, readHead } from '../../jobs/views/publication/read-revision.ts';
import type { RevisionReader } from './revisions.ts';

export function databaseReader(executor: Executor): RevisionReader {
  return { head: () => readHead(executor), list: () => listReadRevisions(executor) };
}
