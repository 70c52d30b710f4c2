/** What a config file may hold. Messages never repeat a value: it may be a secret that stands in the wrong place. */
import { z } from 'zod';
import { nearestName } from '../engine/nearest-name.ts';
import { type SettleError, usageError } from '../errors.ts';
import type { MappingSettings } from '../mapping/mapping.ts';
import { inFile, isZone, kindOf, LOG_FORMATS, LOG_LEVELS, wholeNumber, ZONE_HINT } from './setting-values.ts';

const text = z.string('must be text');
const count = z.unknown().refine((value) => wholeNumber(value) !== undefined, 'must be a whole number of at least 1');
const one = (words: readonly string[]) =>
  text.refine((word) => words.includes(word), `must be one of ${words.join(', ')}`);
const named = (what: string) => z.custom<object>((value) => isNamed(value), `must be the path of a module or ${what}`);

const urls = z.union([text, z.array(text).min(1)], 'must be a URL, or a list of URLs');
const mapping = z.strictObject(
  {
    table: text,
    columns: z.record(z.string(), text, 'must be names of columns, by the names that settle knows').optional(),
  },
  'must be { table, columns }',
);
/** Tables of the platform that have other names. */
const mappings = {
  views: mapping.optional(),
  videos: mapping.optional(),
  challenges: mapping.optional(),
  members: mapping.optional(),
  proofs: mapping.optional(),
};

const schema = z.strictObject(
  {
    databaseUrl: text.optional(),
    databaseUrlFile: text.optional(),
    logLevel: one(LOG_LEVELS).optional(),
    logFormat: one(LOG_FORMATS).optional(),
    zone: text.refine(isZone, 'is no time zone').optional(),
    workers: count.optional(),
    partitions: count.optional(),
    chunk: count.optional(),
    cache: one(['none', 'update', 'evict']).optional(),
    replicas: z.array(text, 'must be a list of URLs').optional(),
    viewReplicas: z.array(text, 'must be a list of URLs').optional(),
    shards: z.record(z.string(), urls, 'must be URLs by name').optional(),
    ledgerAnchors: text.optional(),
    ledgerAnchorKey: text.optional(),
    sinks: z
      .union([urls, z.record(z.string(), urls, 'must be a URL, or URLs by topic')], 'must be a URL, or URLs by topic')
      .optional(),
    ...mappings,
    jobs: z
      .array(z.union([text, named('a job')], 'must be the path of a module or a job'), 'must be a list')
      .optional(),
    migrations: z
      .array(z.union([text, named('a migration')], 'must be the path of a module or a migration'), 'must be a list')
      .optional(),
    platform: z.boolean('must be true or false').optional(),
    description: text.optional(),
  },
  'must be an object',
);

export type ConfigValues = z.infer<typeof schema>;

/** @throws SettleError (exit 2) that names the key */
export function checkConfig(values: object, file: string): ConfigValues {
  const { success, data, error } = schema.safeParse(values);
  if (success) {
    requirePlatform(data);
    return data;
  }
  throw unknownKey(values, file) ?? wrongValue(values, error.issues[0]);
}

/** The tables that the file maps, by key. */
export function mappingsOf(values: ConfigValues): MappingSettings {
  return Object.fromEntries(
    Object.keys(mappings).flatMap((key) => {
      const found: unknown = Reflect.get(values, key);
      return found === undefined ? [] : [[key, mapping.parse(found)]];
    }),
  );
}

/** A mapping that nothing would read is a mistake. */
function requirePlatform(values: ConfigValues): void {
  if (values.platform ?? values.jobs === undefined) return;
  const [key] = Object.keys(mappingsOf(values));
  if (key === undefined) return;
  throw usageError(
    `${inFile(key)} maps a table of the platform, which is not there`,
    'add platform: true, or take it out',
  );
}

function unknownKey(values: object, file: string): SettleError | undefined {
  const known = Object.keys(schema.shape);
  for (const [index, key] of Object.keys(values).entries()) {
    if (known.includes(key)) continue;
    // Repeated only where it is near to a key: it could be a URL.
    const near = nearestName(key, known);
    const which = near === undefined ? `number ${index + 1}` : `"${key}"`;
    const hint = near === undefined ? '' : `Did you mean ${near}? `;
    return usageError(`unknown key ${which} in the config file ${file}`, `${hint}It may hold: ${known.join(', ')}.`);
  }
  return undefined;
}

function wrongValue(values: object, issue: z.core.$ZodIssue): SettleError {
  if (issue.code === 'unrecognized_keys') {
    return usageError(`${inFile(String(issue.path[0]))} must be { table, columns }, and holds something else`);
  }
  return wrongKind(values, issue);
}

function wrongKind(values: object, { path, message, code }: z.core.$ZodIssue): SettleError {
  const name = path.map((part, at) =>
    typeof part === 'number' ? `[${part}]` : `${at === 0 ? '' : '.'}${String(part)}`,
  );
  const value = path.reduce<unknown>((at, part) => (at as Record<PropertyKey, unknown>)[part], values);
  if (value === undefined) return usageError(`${inFile(name.join(''))} is missing`);
  const isWord = code === 'custom' && typeof value === 'string' && !message.includes('number');
  const hint = path[0] === 'zone' && isWord ? ZONE_HINT : undefined;
  return usageError(`${inFile(name.join(''))} ${message}${isWord ? '' : `, ${kindOf(value)} is none`}`, hint);
}

/** A job or a migration, which their own readers look at more closely. */
function isNamed(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';
}
