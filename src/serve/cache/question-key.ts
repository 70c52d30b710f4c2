/**
 * The key of a question: the route, and its parameters by name as they are after defaults and types were applied, so that
 * two ways to write the same question are one key, and two questions never are.
 */
export function questionKey(route: string, parameters: object): string {
  const pairs = Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
    .sort();
  return `${route}?${pairs.join('&')}`;
}
