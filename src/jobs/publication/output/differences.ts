/** What Redis held otherwise than it was settled, as lines for scripts and a table for people. Pure. */
import { formatTable } from '../../../cli/output/table.ts';
import type { MemberDifference } from '../../coupons/comparison/difference-store.ts';
import type { CounterDifference } from '../../stock/comparison/difference-store.ts';

/** One difference: of a coupon's set, or of a product's counter. Fields are texts, empty where there is nothing. */
export interface DifferenceLine {
  readonly what: 'coupon' | 'stock';
  readonly id: string;
  readonly member: string;
  readonly redis: string;
  readonly settled: string;
  readonly reason: string;
  readonly repaired: 'yes' | 'no';
}

const columns = ['what', 'id', 'member', 'redis', 'settled', 'reason', 'repaired'] as const;

export const differencesCsvHeader = `${columns.join(',')}\n`;

export function memberLine({ couponId, member, kind, reason, isRepaired }: MemberDifference): DifferenceLine {
  const isPromised = kind !== 'issued';
  return {
    what: 'coupon',
    id: String(couponId),
    member,
    redis: isPromised ? 'promised' : '',
    settled: isPromised ? '' : 'issued',
    reason: kind === 'promised' ? (reason ?? 'no-request') : kind === 'unreadable' ? kind : 'not-promised',
    repaired: isRepaired ? 'yes' : 'no',
  };
}

export function counterLine({ productId, counter, available, kind, isRepaired }: CounterDifference): DifferenceLine {
  return {
    what: 'stock',
    id: String(productId),
    member: '',
    redis: counter ?? '',
    settled: String(available),
    reason: kind,
    repaired: isRepaired ? 'yes' : 'no',
  };
}

export function differencesCsv(lines: readonly DifferenceLine[]): string {
  return lines.map((line) => `${columns.map((name) => csvField(line[name])).join(',')}\n`).join('');
}

export function differencesTable(lines: readonly DifferenceLine[]): string {
  return formatTable(
    columns.map((header) => ({ header })),
    lines.map((line) => columns.map((name) => line[name])),
  );
}

/** What others wrote into Redis may look like a formula: a program that opens the file takes it for a text. */
function csvField(given: string): string {
  const text = /^[=+\-@\t\r]/.test(given) && !/^-?\d+$/.test(given) ? `'${given}` : given;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
