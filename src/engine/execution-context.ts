/**
 * ExecutionContext: the small key-value state that a step or a job saves with each commit, and its text form, which is
 * what Spring Batch 6 reads and writes with its Jackson serializer.
 */

/**
 * What a context can hold. A `number` is written bare (an integer of 32 bits as Java's Integer, anything else as
 * Double), a `bigint` as `["java.lang.Long",5]`, an object as `["java.util.LinkedHashMap",{...}]`.
 */
export type ContextValue = string | boolean | number | bigint | { readonly [key: string]: ContextValue };

/** Written into each new context under `batch.version`, as Spring Batch does. */
export const SPRING_BATCH_VERSION = '6.0.4';
const VERSION_KEY = 'batch.version';

const LONG = 'java.lang.Long';
const MAP = 'java.util.LinkedHashMap';
const LONG_MIN = -(2n ** 63n);
const LONG_MAX = 2n ** 63n - 1n;

/** Mutable; keys keep the order in which they were first put. */
export class ExecutionContext {
  readonly #values = new Map<string, ContextValue>();

  /** An empty context that carries `batch.version`. */
  static create(): ExecutionContext {
    const context = new ExecutionContext();
    context.put(VERSION_KEY, SPRING_BATCH_VERSION);
    return context;
  }

  /** Throws a RangeError for what no Spring Batch application could read: NaN, infinities, more than 64 bits. */
  put(key: string, value: ContextValue): void {
    writeValue(value);
    this.#values.set(key, value);
  }

  get(key: string): ContextValue | undefined {
    return this.#values.get(key);
  }

  /** The bigint under `key`; also when a Spring Batch application wrote it as an Integer. Undefined when absent. */
  getLong(key: string): bigint | undefined {
    const value = this.#values.get(key);
    if (value === undefined || typeof value === 'bigint') return value;
    if (typeof value === 'number' && Number.isInteger(value)) return BigInt(value);
    throw new TypeError(`${key} in the execution context is not an integer`);
  }

  /** The text under `key`, or undefined. */
  getString(key: string): string | undefined {
    const value = this.#values.get(key);
    if (value === undefined || typeof value === 'string') return value;
    throw new TypeError(`${key} in the execution context is not a text`);
  }

  remove(key: string): void {
    this.#values.delete(key);
  }

  /** Makes this context what `text` says, as if it had just been read. Throws as `deserialiseContext`. */
  restore(text: string): void {
    const stored = deserialiseContext(text);
    this.#values.clear();
    for (const [key, value] of stored.entries()) this.#values.set(key, value);
  }

  entries(): IterableIterator<[string, ContextValue]> {
    return this.#values.entries();
  }
}

/** The text that is stored. */
export function serialiseContext(context: ExecutionContext): string {
  return writeObject(context.entries());
}

/** The reverse of `serialiseContext`; also reads the maps and integers that Spring Batch itself writes. */
export function deserialiseContext(text: string): ExecutionContext {
  const context = new ExecutionContext();
  for (const [key, value] of Object.entries(parseJson(text) as Record<string, unknown>)) {
    if (value !== null) context.put(key, readValue(key, value));
  }
  return context;
}

function writeObject(entries: Iterable<[string, ContextValue]>): string {
  const members: string[] = [];
  for (const [key, value] of entries) members.push(`${JSON.stringify(key)}:${writeValue(value)}`);
  return `{${members.join(',')}}`;
}

function writeValue(value: ContextValue): string {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return JSON.stringify(value);
    case 'number':
      return writeNumber(value);
    case 'bigint':
      if (value < LONG_MIN || value > LONG_MAX) throw new RangeError(`${value} does not fit into a 64-bit integer`);
      return `["${LONG}",${value}]`;
    case 'object':
      if (value === null || Array.isArray(value))
        throw new TypeError('an execution context holds no null and no array');
      return `["${MAP}",${writeObject(Object.entries(value))}]`;
    default:
      throw new TypeError(`an execution context cannot hold a ${typeof value}`);
  }
}

function writeNumber(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`an execution context cannot hold ${value}`);
  const text = Object.is(value, -0) ? '-0' : String(value);
  // Without a point or exponent Jackson would read an Integer: right for 32 bits, a Double is meant for the rest.
  const isInteger = Object.is(value | 0, value);
  return isInteger || /[.e]/.test(text) ? text : `${text}.0`;
}

function readValue(key: string, value: unknown): ContextValue {
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') return value;
  if (Array.isArray(value) && value.length === 2) {
    const [type, content] = value;
    if (type === LONG) return BigInt(content);
    if (type === MAP || type === 'java.util.HashMap' || type === 'java.util.TreeMap') {
      const entries = Object.entries(content).filter(([, member]) => member !== null);
      return Object.fromEntries(entries.map(([name, member]) => [name, readValue(name, member)]));
    }
  }
  throw new TypeError(`${key} in the execution context holds a value that settle cannot read`);
}

/** The reviver is given the digits of a number, so that a Long beyond 2^53 is not rounded on its way. */
function parseJson(text: string): unknown {
  type Reviver = (this: unknown, key: string, value: unknown, context: { source?: string }) => unknown;
  const keepLongs: Reviver = function keepLongs(_key, value, { source }) {
    const isLong = typeof value === 'number' && Array.isArray(this) && this[0] === LONG;
    return isLong ? source : value;
  };
  return JSON.parse(text, keepLongs as (key: string, value: unknown) => unknown);
}
