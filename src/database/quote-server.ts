/** A name as it goes into a statement of MariaDB and MySQL. */
export function quoteIdentifier(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}
