/** The Java classes under which Spring Batch stores parameters, and the canonical text of each. */
import type { ParameterType } from './parameters.ts';

const javaTypes: Record<ParameterType, string> = {
  string: 'java.lang.String',
  long: 'java.lang.Long',
  double: 'java.lang.Double',
  date: 'java.time.LocalDate',
};

/** For BATCH_JOB_EXECUTION_PARAMS.PARAMETER_TYPE. */
export function javaTypeOf(type: ParameterType): string {
  return javaTypes[type];
}

/** The parameter type stored as the class `javaType`, or undefined for a class that settle does not use. */
export function parameterTypeOf(javaType: string): ParameterType | undefined {
  return (Object.keys(javaTypes) as ParameterType[]).find((type) => javaTypes[type] === javaType);
}

/** A finite number as Java's Double.toString writes it: `1.0`, `0.25`, `1.0E7`, `1.0E-4`. */
export function javaDoubleText(value: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const magnitude = Math.abs(value);
  if (magnitude >= 1e-3 && magnitude < 1e7) return withPoint(String(value));
  const [mantissa, exponent] = value.toExponential().split('e');
  return `${withPoint(mantissa)}E${Number(exponent)}`;
}

function withPoint(digits: string): string {
  return digits.includes('.') ? digits : `${digits}.0`;
}
