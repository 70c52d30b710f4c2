/** Floors: the ratios below which `settle bench --ci` ends with exit code 1. Pure. */
import { usageError } from '../errors.ts';
import type { RatioResult } from './summarise.ts';

export interface FloorBreach {
  readonly ratio: string;
  readonly floor: number;
  /** Undefined: the ratio could not be measured, which is no pass. */
  readonly value: number | undefined;
  readonly message: string;
}

/** Commander parser of `--floor NAME=RATIO`, which may be repeated. @throws SettleError (exit 2) */
export function collectFloor(text: string, soFar: Readonly<Record<string, number>> = {}): Record<string, number> {
  const [, name, number] = /^([a-z0-9.-]+)=(\d+(?:\.\d+)?)$/.exec(text) ?? [];
  if (name === undefined) throw usageError(`--floor: "${text}" is not NAME=RATIO`, 'for example --floor workers=0.8');
  if (Object.hasOwn(soFar, name)) throw usageError(`the floor of ${name} is given twice`);
  return { ...soFar, [name]: Number(number) };
}

/**
 * The ratios below their floors: those given, and for the others the case's own. A ratio is named by itself, or as
 * CASE.RATIO. @throws SettleError (exit 2) for a floor of a ratio that there is not.
 */
export function breachesOf(ratios: readonly RatioResult[], given: Readonly<Record<string, number>>): FloorBreach[] {
  for (const name of Object.keys(given)) {
    if (!ratios.some((ratio) => isNamed(ratio, name))) {
      const known = ratios.map((ratio) => ratio.name).join(', ');
      throw usageError(`--floor: there is no ratio ${name} in this benchmark`, `There are: ${known || 'none'}.`);
    }
  }
  return ratios.flatMap((ratio): FloorBreach[] => {
    const asked = Object.entries(given).find(([name]) => isNamed(ratio, name))?.[1];
    const floor = asked ?? ratio.ciFloor;
    if (floor === undefined) return [];
    const { value, name, of, against, why } = ratio;
    if (value === undefined) {
      // A floor that nobody asked for needs no contender that cannot run here.
      if (asked === undefined) return [];
      return [{ ratio: name, floor, value, message: `${name} could not be measured: ${why}` }];
    }
    if (value >= floor) return [];
    const message = `${name}: ${of} runs at ${value.toFixed(2)} times the rate of ${against}, below the floor ${floor}`;
    return [{ ratio: name, floor, value, message }];
  });
}

function isNamed(ratio: RatioResult, name: string): boolean {
  return name === ratio.name || name === `${ratio.case}.${ratio.name}`;
}
