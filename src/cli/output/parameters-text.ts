/** The parameters of one job, for its help. */
import type { JobDefinition } from '../../engine/job.ts';
import type { ParameterDefinition, ParameterType } from '../../engine/parameters.ts';

const TYPES: Readonly<Record<ParameterType, string>> = {
  string: 'text',
  long: 'whole number',
  double: 'number',
  date: 'date, YYYY-MM-DD',
};

export function parametersText({ name, description, parameters }: JobDefinition): string {
  if (parameters.length === 0) return `\n${name}: ${description}\nIt takes no parameters.\n`;
  const width = Math.max(...parameters.map((one) => one.name.length));
  const lines = parameters.map((one) => `  -p ${`${one.name}=`.padEnd(width + 1)}  ${wordsOf(one)}\n`);
  return `\n${name}: ${description}\nParameters:\n${lines.join('')}`;
}

function wordsOf(parameter: ParameterDefinition): string {
  const { name, type, required, default: value, example, description } = parameter;
  const need = value !== undefined ? `default ${value}` : required ? 'required' : 'may be left out';
  const words = [TYPES[type], need, ...(example === undefined ? [] : [`for example ${example}`])].join('; ');
  return description === name ? words : `${description} (${words})`;
}
