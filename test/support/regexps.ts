/** Every regular expression that the program's own sources write, found by reading them. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** A literal stands where a value may begin, and never in a comment. */
const LITERAL =
  /(?<=[=(,:!&|?[{};]\s*|return\s+|=>\s*)\/(?![*/])((?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+)\/([dgimsuvy]*)/g;

export interface WrittenRegExp {
  readonly place: string;
  readonly regexp: RegExp;
}

/** Those of bin, src, migrations and seeds, without what only measures (src/bench). */
export function writtenRegExps(): { literals: WrittenRegExp[]; made: string[] } {
  const literals: WrittenRegExp[] = [];
  const made: string[] = [];
  for (const folder of ['bin', 'src', 'migrations', 'seeds']) {
    for (const name of readdirSync(`${ROOT}/${folder}`, { recursive: true }) as string[]) {
      if (!/\.(ts|js)$/.test(name) || name.startsWith('bench/')) continue;
      const lines = readFileSync(`${ROOT}/${folder}/${name}`, 'utf8').split('\n');
      for (const [index, line] of lines.entries()) {
        const place = `${folder}/${name}:${index + 1}`;
        if (/^\s*(\*|\/\/|\/\*)/.test(line)) continue;
        if (/\bRegExp\(/.test(line)) made.push(place);
        // Formatted code begins a long literal on a line of its own.
        const text = /^\s*\//.test(line) ? `=${line.trim()}` : line;
        for (const [, source, flags] of text.matchAll(LITERAL)) {
          literals.push({ place, regexp: new RegExp(source, flags) });
        }
      }
    }
  }
  return { literals, made };
}
