/** The command that goes on with a copy: no run of this database's own jobs, as its source is another database. */
import { shellWord } from './shell-word.ts';

/** @param parameters of the copy's execution; the database that has it is the target */
export function copyCommand(parameters: Readonly<Record<string, string>>): string {
  const word = (name: string) => shellWord(parameters[name] ?? '');
  const more = ['map', 'where'].flatMap((name) => (parameters[name] === undefined ? [] : [` --${name} ${word(name)}`]));
  return `settle copy-table --from ${word('from')} --table ${word('table')} --into ${word('into')}${more.join('')}`;
}
