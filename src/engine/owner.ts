/** Who runs an execution: how a process names itself in its lease, and how another finds out that it is dead. */
import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { NewLease } from '../repository/lease.ts';
import type { Lease } from '../repository/types.ts';

/** A new owner, in this process. */
export function createOwner(jobExecutionId: number, ownerId: string = randomUUID()): NewLease {
  return {
    jobExecutionId,
    ownerId,
    host: hostname(),
    pid: process.pid,
    bootId: readBootId(),
    processStart: readProcessStart(process.pid),
  };
}

/** How the reasons begin for which an execution's owner cannot be at work any more, as the repository keeps them. */
export const DEAD_OWNER = 'its owner';

/**
 * Why the owner cannot be at work any more, in one line, or undefined when it may well be. Dead is one whose lease has
 * expired, or was given by a clock that has been set back since (a live owner renews that within a second or so); and, at
 * once, one of this boot of this host whose process is gone. Being wrong about it costs a run, never
 * a result: the fence keeps the former owner from committing.
 */
export function reasonOfDeath(lease: Omit<Lease, 'jobExecutionId'> | undefined): string | undefined {
  if (lease === undefined) return `${DEAD_OWNER} left no lease`;
  const owner = `${DEAD_OWNER}, process ${lease.pid} on ${lease.host},`;
  if (lease.isAhead) {
    const since = lease.heartbeatAt.toISOString();
    return `${owner} was last heard of at ${since}, which is still to come: the database's clock was set back`;
  }
  if (lease.isExpired) return `${owner} has not been heard of since ${lease.heartbeatAt.toISOString()}`;
  const isOurs = lease.host === hostname() && lease.bootId !== '' && lease.bootId === readBootId();
  return isOurs && !isAlive(lease) ? `${owner} has ended without saying so` : undefined;
}

function isAlive({ pid, processStart }: Pick<Lease, 'pid' | 'processStart'>): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
  // The pid may have been given to another process since.
  const start = readProcessStart(pid);
  return start === '' || processStart === '' || start === processStart;
}

/** This boot and this pid namespace: in another container of the same host the same pid is another process. */
function readBootId(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return '';
  }
}

/** When the process started, in ticks since boot; a zombie, which only its parent has not noticed yet, is `dead`. */
function readProcessStart(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, the program's name in parentheses, may itself hold blanks and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'dead' : fields[19];
  } catch {
    return '';
  }
}
