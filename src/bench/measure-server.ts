/** What an attempt costs the database server: CPU seconds of its process, where that runs here, and bytes on the wire. */
import { readFileSync } from 'node:fs';
import type { Database } from '../database/database.ts';
import { parseDatabaseUrl } from '../database/url.ts';
import { cpuSecondsOf, findListener } from './process-source.ts';

export interface ServerCounters {
  readonly cpuSeconds: number | undefined;
  readonly wireBytes: number | undefined;
}

export interface ServerMeter {
  /** Counted since the server's start; only differences say anything. */
  read(): Promise<ServerCounters>;
  /** What cannot be measured, and why. */
  readonly notMeasured: readonly string[];
}

const LOCAL_HOSTS = ['127.0.0.1', 'localhost', '::1'];

/** A meter of the server behind the database. SQLite has none: its work is the client's. */
export async function serverMeter(database: Database): Promise<ServerMeter> {
  if (database.dialect.name === 'sqlite') {
    return { read: async () => ({ cpuSeconds: undefined, wireBytes: undefined }), notMeasured: [] };
  }
  const processId = await findServerProcess(database);
  return {
    read: async () => ({
      cpuSeconds: processId === undefined ? undefined : cpuSecondsOf(processId),
      wireBytes: await readWireBytes(database),
    }),
    notMeasured:
      processId === undefined
        ? ['CPU seconds of the server: its process does not run on this machine, or may not be looked at']
        : [],
  };
}

/** The process that listens on the port; else the one whose id the server wrote down, if that is a server here. */
async function findServerProcess(database: Database): Promise<number | undefined> {
  const url = parseDatabaseUrl(database.url);
  if (url.kind !== 'server' || !LOCAL_HOSTS.includes(url.host)) return undefined;
  const listener = findListener(url.port);
  if (listener !== undefined) return listener;
  try {
    const [[{ path }]] = await database.knex.raw('SELECT @@pid_file AS path');
    const id = Number(readFileSync(path, 'utf8'));
    // The file may be from another namespace, a container's, where the number means another process.
    return /maria|mysql/.test(readFileSync(`/proc/${id}/comm`, 'utf8')) ? id : undefined;
  } catch {
    return undefined;
  }
}

async function readWireBytes(database: Database): Promise<number> {
  const [rows] = await database.knex.raw("SHOW GLOBAL STATUS WHERE Variable_name IN ('Bytes_sent', 'Bytes_received')");
  return (rows as { Value: string }[]).reduce((sum, { Value }) => sum + Number(Value), 0);
}
