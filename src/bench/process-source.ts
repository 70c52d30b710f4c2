/** What the operating system tells about running processes: from /proc on Linux, from `ps` elsewhere. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { parseListeners, parseMemory, parsePs, parseStat, treeOf } from './proc.ts';

/** Linux counts in hundredths of a second towards programs, whatever its own tick is. */
const TICKS_PER_SECOND = 100;

export interface TreeSample {
  /** Of all processes below this one together, now. */
  readonly rssBytes: number;
  /** The most that any one of them ever had. */
  readonly peakOfOneBytes: number;
  /** Of those that live; undefined where the whole is known better when they have ended. */
  readonly cpuSeconds: number | undefined;
}

const hasProc = process.platform === 'linux';

/** The processes below this one. */
export function sampleChildren(): TreeSample {
  return hasProc ? sampleProc() : samplePs();
}

/** CPU seconds, so far, of all children that this process has waited for, theirs included; undefined where unknown. */
export function endedChildrenCpuSeconds(): number | undefined {
  const stat = hasProc ? parseStat(readText('/proc/self/stat') ?? '') : undefined;
  return stat && stat.childTicks / TICKS_PER_SECOND;
}

/** CPU seconds of one process and the children that it has waited for; undefined when there is none to be seen. */
export function cpuSecondsOf(id: number): number | undefined {
  if (!hasProc) return readPs().find((row) => row.id === id)?.cpuSeconds;
  const stat = parseStat(readText(`/proc/${id}/stat`) ?? '');
  return stat && (stat.ownTicks + stat.childTicks) / TICKS_PER_SECOND;
}

/** The process that listens on a TCP port here; undefined when there is none, or we may not see whose it is. */
export function findListener(port: number): number | undefined {
  if (!hasProc) return undefined;
  const inodes = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((path) => parseListeners(readText(path) ?? '', port));
  if (inodes.length === 0) return undefined;
  const wanted = new Set(inodes.map((inode) => `socket:[${inode}]`));
  for (const id of list('/proc').filter((name) => /^\d+$/.test(name))) {
    const folder = `/proc/${id}/fd`;
    if (list(folder).some((fd) => wanted.has(readLink(`${folder}/${fd}`)))) return Number(id);
  }
  return undefined;
}

function sampleProc(): TreeSample {
  let rssBytes = 0;
  let peakOfOneBytes = 0;
  const ids = childrenOf(process.pid);
  // Grows while it is walked.
  for (const id of ids) {
    const memory = parseMemory(readText(`/proc/${id}/status`) ?? '');
    if (memory === undefined) continue;
    rssBytes += memory.nowBytes;
    peakOfOneBytes = Math.max(peakOfOneBytes, memory.peakBytes);
    ids.push(...childrenOf(id));
  }
  return { rssBytes, peakOfOneBytes, cpuSeconds: undefined };
}

/** The list of children belongs to the thread that started them. */
function childrenOf(id: number): number[] {
  return list(`/proc/${id}/task`).flatMap((thread) =>
    (readText(`/proc/${id}/task/${thread}/children`) ?? '').split(' ').filter(Boolean).map(Number),
  );
}

function samplePs(): TreeSample {
  const rows = treeOf(readPs(), process.pid).filter(({ id }) => id !== process.pid);
  return {
    rssBytes: rows.reduce((sum, row) => sum + row.rssBytes, 0),
    peakOfOneBytes: 0,
    cpuSeconds: rows.reduce((sum, row) => sum + row.cpuSeconds, 0),
  };
}

function readPs() {
  return parsePs(execFileSync('ps', ['-axo', 'pid=,ppid=,rss=,time='], { encoding: 'utf8' }));
}

/** Processes come and go between a look and the next: what is gone has nothing to tell. */
function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
