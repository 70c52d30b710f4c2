/** The parameter of imports of payments that says how amounts are written. */
import type { JobParameters, ParameterDefinition } from '../../../engine/parameters.ts';
import { type AmountUnit, amountUnits } from './amount.ts';

export const AMOUNT_UNIT = 'amount-unit';

/** Without it the unit is won; it is then no parameter of the instance. */
export const amountUnitParameter: ParameterDefinition = {
  name: AMOUNT_UNIT,
  type: 'string',
  identifying: true,
  required: false,
  description: `how amounts are written: ${amountUnits.join(', ')} (hundredths)`,
  example: 'minor',
  validate: (text) =>
    amountUnits.some((unit) => unit === text) ? undefined : `must be one of ${amountUnits.join(', ')}`,
};

export function amountUnitOf(parameters: JobParameters): AmountUnit {
  const text = parameters.get(AMOUNT_UNIT);
  return amountUnits.find((unit) => unit === text) ?? 'won';
}
