/**
 * The job key: what tells the instances of a job apart. Spring Batch 6's own derivation (DefaultJobKeyGenerator over
 * JobParameter.toString), so that both find the same instance for the same parameters.
 */
import { createHash } from 'node:crypto';
import { javaTypeOf } from './java-types.ts';
import type { JobParameters } from './parameters.ts';

/** MD5 of the identifying parameters in the order of their names, in hex. Source: docs/engine.md, section 1. */
export function jobKey(parameters: JobParameters): string {
  const text = parameters.all
    .filter((parameter) => parameter.identifying)
    .map(({ name, type, value }) => {
      return `JobParameter{name='${name}', value=${value}, type=class ${javaTypeOf(type)}, identifying=true}`;
    })
    .join('');
  return createHash('md5').update(text, 'utf8').digest('hex');
}
