/** The version of settle that a config or a job was made by: the command line refuses those of another one. */

/** Shared by all copies of settle in a process. */
export const madeBy: unique symbol = Symbol.for('settle.madeBy');

/** Undefined for what no function of settle has made, as a config of JSON. */
export function makerOf(made: object): string | undefined {
  const maker: unknown = Reflect.get(made, madeBy);
  return typeof maker === 'string' ? maker : undefined;
}
