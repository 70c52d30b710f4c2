/** Reads the text of /proc (Linux) and of `ps` (elsewhere). Pure: others open the files. */

export interface ProcessStat {
  readonly parentId: number;
  /** User and system time, in clock ticks: of the process itself, and of the children that it has waited for. */
  readonly ownTicks: number;
  readonly childTicks: number;
}

/** /proc/PID/stat. The name in parentheses may hold anything, parentheses and spaces included. */
export function parseStat(text: string): ProcessStat | undefined {
  const end = text.lastIndexOf(')');
  if (end < 0) return undefined;
  const fields = text.slice(end + 2).split(' ');
  // Numbered from 3 in proc(5): state, ppid, ..., utime 14, stime 15, cutime 16, cstime 17.
  const field = (number: number) => Number(fields[number - 3]);
  const stat = { parentId: field(4), ownTicks: field(14) + field(15), childTicks: field(16) + field(17) };
  return Object.values(stat).every(Number.isFinite) ? stat : undefined;
}

/** Bytes now and at the most so far, from /proc/PID/status; undefined for a process that has ended (it has no memory). */
export function parseMemory(status: string): { readonly nowBytes: number; readonly peakBytes: number } | undefined {
  const bytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024;
  const nowBytes = bytes('VmRSS');
  const peakBytes = bytes('VmHWM');
  return Number.isNaN(nowBytes) || Number.isNaN(peakBytes) ? undefined : { nowBytes, peakBytes };
}

/** Inodes of the sockets that listen on the port, from /proc/net/tcp or tcp6. */
export function parseListeners(text: string, port: number): string[] {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  return text.split('\n').flatMap((line) => {
    // sl, local_address, rem_address, st, tx:rx, tr:when, retrnsmt, uid, timeout, inode. State 0A listens.
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
    return state === '0A' && local?.endsWith(`:${wanted}`) ? [inode] : [];
  });
}

export interface PsRow {
  readonly id: number;
  readonly parentId: number;
  readonly rssBytes: number;
  readonly cpuSeconds: number;
}

/** `ps -axo pid=,ppid=,rss=,time=`: kilobytes, and `[[dd-]hh:]mm:ss[.cc]`. */
export function parsePs(text: string): PsRow[] {
  return text.split('\n').flatMap((line) => {
    const [id, parentId, rss, time] = line.trim().split(/\s+/);
    if (time === undefined) return [];
    const [clock, days = '0'] = time.split('-').reverse();
    const seconds = clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) + Number(days) * 86_400;
    return [{ id: Number(id), parentId: Number(parentId), rssBytes: Number(rss) * 1024, cpuSeconds: seconds }];
  });
}

/** The process and all below it. */
export function treeOf<T extends { readonly id: number; readonly parentId: number }>(
  rows: readonly T[],
  root: number,
): T[] {
  const found = rows.filter(({ id }) => id === root);
  // Grows while it is walked: each row is added once at most, as a process has one parent.
  for (const { id } of found) found.push(...rows.filter((row) => row.parentId === id && row.id !== root));
  return found;
}
