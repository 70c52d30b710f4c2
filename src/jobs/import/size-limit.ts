/** How large a file of an import may be, and what it is unpacked to: gzip data can be a thousand times as long unpacked. */
import { type Environment, environment } from '../../environment.ts';
import { usageError } from '../../errors.ts';
import { malformed } from './malformed.ts';

const MB = 1_048_576;
/** 100 GB: some two thousand million views. */
const IMPORT_MB_MAX = 102_400;

/** Bytes by SETTLE_IMPORT_MAX_MB, or the default. Throws a usage error for anything but a whole number of at least 1. */
export function importBytesMax(variables: Environment = environment()): number {
  const text = variables.SETTLE_IMPORT_MAX_MB;
  if (text === undefined || text === '') return IMPORT_MB_MAX * MB;
  if (/^[0-9]{1,9}$/.test(text) && Number(text) > 0) return Number(text) * MB;
  throw usageError('SETTLE_IMPORT_MAX_MB must be a whole number of at least 1');
}

/** Throws MALFORMED_INPUT, exit code 2. `what`: of the file `name`, in the plural. */
export function requireSize(bytes: number, bytesMax: number, name: string, what: 'bytes' | 'bytes unpacked'): void {
  if (bytes <= bytesMax) return;
  const hint = `SETTLE_IMPORT_MAX_MB, now ${bytesMax / MB}, says how many MB are taken`;
  throw malformed(name, undefined, `it has more than ${bytesMax} ${what}`, hint);
}
