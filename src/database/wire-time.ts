/**
 * Times as the protocol of MySQL has them, behind a byte with their length: of a date 2 bytes of year, month, day; then hour,
 * minute, second; then 4 of microseconds, little-endian, as far as there are any that are not 0. A TIME begins with a byte of
 * sign and 4 of days. Pure.
 */
import type { WireTime } from './column-batch.ts';

const TIME = /^(-?)(\d{2,3}):(\d\d):(\d\d)(?:\.(\d{1,6}))?$/;
const DATE = /^(\d{4})-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?)?$/;
const HOURS = 24;

/** The bytes of a text as a server writes it, undefined for any other. */
export function wireTimeOf(text: string, type: WireTime): Uint8Array | undefined {
  return type === 'wire-time' ? wireDuration(text) : wireDate(text, type === 'wire-date');
}

function wireDate(text: string, isDate: boolean): Uint8Array | undefined {
  const found = DATE.exec(text);
  if (found === null || (found[4] === undefined) !== isDate) return undefined;
  const [year, month, day, hour = 0, minute = 0, second = 0] = found.slice(1, 7).map((part) => Number(part ?? 0));
  const bytes = Buffer.alloc(11);
  bytes.writeUInt16LE(year);
  bytes.set([month, day, hour, minute, second], 2);
  const micros = microsOf(found[7]);
  bytes.writeUInt32LE(micros, 7);
  return bytes.subarray(0, micros > 0 ? 11 : 7);
}

function wireDuration(text: string): Uint8Array | undefined {
  const found = TIME.exec(text);
  if (found === null) return undefined;
  const [hours, minute, second] = found.slice(2, 5).map(Number);
  const micros = microsOf(found[5]);
  const bytes = Buffer.alloc(12);
  bytes[0] = found[1] === '-' ? 1 : 0;
  bytes.writeUInt32LE(Math.trunc(hours / HOURS), 1);
  bytes.set([hours % HOURS, minute, second], 5);
  bytes.writeUInt32LE(micros, 8);
  return bytes.subarray(0, micros > 0 ? 12 : 8);
}

function microsOf(digits: string | undefined): number {
  return digits === undefined ? 0 : Number(digits.padEnd(6, '0'));
}

/** As the server writes it with so many digits of the second. @param at behind the byte with the length */
export function wireTimeText(bytes: Uint8Array, at: number, length: number, type: WireTime, fraction: number): string {
  const two = (place: number) => String(bytes[at + place]).padStart(2, '0');
  const isDuration = type === 'wire-time';
  let text = '';
  if (!isDuration) {
    if (length < 4) text = '0000-00-00';
    else text = `${String(bytes[at] | (bytes[at + 1] << 8)).padStart(4, '0')}-${two(2)}-${two(3)}`;
    if (type === 'wire-date') return text;
    text += ' ';
  }
  const clock = isDuration ? 5 : 4;
  if (length < clock + 3) text += '00:00:00';
  else {
    const hours = bytes[at + clock] + (isDuration ? HOURS * wireNumber(bytes, at + 1) : 0);
    const sign = isDuration && bytes[at] === 1 ? '-' : '';
    text += `${sign}${String(hours).padStart(2, '0')}:${two(clock + 1)}:${two(clock + 2)}`;
  }
  if (fraction === 0) return text;
  const micros = length < clock + 7 ? 0 : wireNumber(bytes, at + clock + 3);
  return `${text}.${String(micros).padStart(6, '0').slice(0, fraction)}`;
}

/** Four bytes, little-endian; days and microseconds do not fill them. */
export function wireNumber(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}
