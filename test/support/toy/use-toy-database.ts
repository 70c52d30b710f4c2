/** A database of the toy job for each test of a suite, and the processes that a test starts on it. */
import { afterEach, beforeEach } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import type { DatabaseKind } from '../database-kind.ts';
import { freshDatabase, type TestDatabase } from '../databases.ts';
import { openToyDatabase } from './toy-job.ts';
import { startToyProcess, startToyWorker, type ToyProcess, type ToyProcessOptions } from './toy-process.ts';

export interface ToyDatabase {
  /** Of the test that runs. */
  readonly database: Database;
  /** Killed when the test has ended, also where it is stopped. */
  startProcess(options: ToyProcessOptions): Promise<ToyProcess>;
  startWorker(options: ToyProcessOptions): Promise<ToyProcess>;
}

/** To be called in the body of a `describe`, before hooks that need the database. */
export function useToyDatabase(name: DatabaseKind): ToyDatabase {
  let place: TestDatabase;
  let database: Database;
  let processes: ToyProcess[] = [];
  const kept = async (starting: Promise<ToyProcess>) => {
    const started = await starting;
    processes.push(started);
    return started;
  };
  beforeEach(async () => {
    place = await freshDatabase(name);
    database = await openToyDatabase(place.url);
  });
  afterEach(async () => {
    for (const one of processes) one.child.kill('SIGCONT');
    for (const one of processes) await one.kill();
    processes = [];
    await database.close();
    await place.drop();
  });
  return {
    get database() {
      return database;
    },
    startProcess: (options) => kept(startToyProcess(place.url, options)),
    startWorker: (options) => kept(startToyWorker(place.url, options)),
  };
}
