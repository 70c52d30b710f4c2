/** A record of a file, whatever its format. */
import type { PlainRow } from './plain-rows.ts';

/** An object, or what is wrong with the record. */
export interface FileRecord {
  /** Of the record's last line, from 1; of a JSON array the number of the element. */
  readonly line: number;
  readonly item: PlainRow | undefined;
  readonly problem: string | undefined;
  /** What was read of a record with a problem. */
  readonly payload: string | undefined;
}

export function goodRecord(line: number, item: PlainRow): FileRecord {
  return { line, item, problem: undefined, payload: undefined };
}

export function badRecord(line: number, problem: string, payload: string): FileRecord {
  return { line, item: undefined, problem, payload };
}
