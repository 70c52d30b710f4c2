/** Gauges of one scrape. What has no value at present is left out: a 0 would be a false alarm, or a false all-clear. */
import { Gauge, type Registry } from '@prometheus-io/client';

export class Gauges {
  readonly #registers: Registry[];

  constructor(registry: Registry) {
    this.#registers = [registry];
  }

  /** With labels; stands in the scrape also while it has no series. */
  labelled<L extends string>(name: string, help: string, labelNames: readonly L[]): Gauge<L> {
    return new Gauge<L>({ name, help, labelNames: [...labelNames], registers: this.#registers });
  }

  /** Without labels. Undefined: left out. */
  value(name: string, help: string, value: number | undefined): void {
    if (value !== undefined) new Gauge({ name, help, registers: this.#registers }).set(value);
  }
}
