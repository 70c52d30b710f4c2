/** Finds the module of a worker thread beside the one that names it. */

/**
 * @param name without its extension: the code is TypeScript in a checkout and JavaScript in the published package
 * @param beside `import.meta.url` of the caller
 */
export function workerModule(name: string, beside: string): URL {
  return new URL(`./${name}${beside.endsWith('.ts') ? '.ts' : '.js'}`, beside);
}
