/** How wide the parts of a progress bar's line are, so that a terminal does not cut its end off. Pure. */
import { visibleLine } from '../../rules/visible-text.ts';
import type { Track } from './progress-state.ts';

export interface BarLayout {
  /** Columns for the name of a step or partition. */
  readonly name: number;
  /** Columns between the brackets. */
  readonly bar: number;
}

const NARROW = 100;
/** All but name and bar: `[] 100 %  1,234,567,890 rows  1,234,567 rows/s  59 min 59 s left` at most. */
const REST = 69;
const REST_NARROW = 57;

/** `columns` as the terminal tells; 80 when it does not. */
export function barLayout(columns: number | undefined): BarLayout {
  const width = columns ?? 80;
  const [name, rest] = width < NARROW ? [18, REST_NARROW] : [24, REST];
  return { name, bar: Math.min(30, Math.max(5, width - name - rest)) };
}

/** Of a bar: the step, or the partition and the host that has it. Of a long host name its end, which tells pods apart. */
export function barName({ step, partition, host }: Pick<Track, 'step' | 'partition' | 'host'>, width: number): string {
  if (partition === undefined) return visibleLine(step);
  if (host === undefined) return `  partition ${partition}`;
  const name = `  ${partition} on `;
  const room = Math.max(1, width - name.length);
  const shown = visibleLine(host);
  return `${name}${shown.length <= room ? shown : `.${shown.slice(1 - room)}`}`;
}
