/**
 * SIGHUP under `nohup`. A program that is started with the signal ignored leaves it so; Node sets it back to ending the
 * process before any of our code runs, so that it has to be found out by what `nohup` leaves behind.
 */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type Environment, environment } from '../environment.ts';

/** Bit of SIGHUP, signal 1, in the masks of /proc/PID/status. */
const HANG_UP_BIT = 1n;
/** Of the flags in /proc/PID/fdinfo, octal: the low two bits are 01 for a descriptor that is open for writing only. */
const ACCESS_MODE = 0o3;
const WRITE_ONLY = 0o1;

/** From the first call on, SIGHUP does nothing, if the process was started under `nohup`. */
export function honourNohup(): void {
  if (isUnderNohup()) process.on('SIGHUP', () => {});
}

/**
 * True when a shell says that it started us by `nohup` (bash, zsh and ksh do, in `_`), when whoever started us ignores
 * the signal itself (`nohup make`, `nohup sh -c`), or when standard input is what GNU nohup puts in a terminal's place.
 */
export function isUnderNohup(variables: Environment = environment()): boolean {
  return basename(variables._ ?? '') === 'nohup' || parentIgnoresHangUp() || stdinIsOfNohup();
}

function parentIgnoresHangUp(): boolean {
  const ignored = /^SigIgn:\s*([0-9a-f]+)$/m.exec(readProc(`/proc/${process.ppid}/status`));
  return ignored !== null && (BigInt(`0x${ignored[1]}`) & HANG_UP_BIT) !== 0n;
}

/** An input that cannot be read: /dev/null, open for writing only. */
function stdinIsOfNohup(): boolean {
  const flags = /^flags:\s*([0-7]+)$/m.exec(readProc('/proc/self/fdinfo/0'));
  return flags !== null && (Number.parseInt(flags[1], 8) & ACCESS_MODE) === WRITE_ONLY;
}

/** Empty where there is no such file, as on systems without /proc. */
function readProc(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
