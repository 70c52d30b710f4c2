/** Scripts by which shells complete the words of a command line. The words are in the script: a key press starts no process. */
import type { Command } from 'commander';

export interface Words {
  /** The commands before these words: `ledger verify`; empty for the program itself. */
  readonly path: string;
  /** Commands below, options, and what its argument may be. */
  readonly words: readonly string[];
}

/** Commands whose argument is a job. */
const TAKES_JOB = ['run'];
/** Options whose value is a job. */
const JOB_OPTION = '--job';

/** Of every command of the program, in its order. */
export function completionWords(program: Command, jobs: readonly string[]): readonly Words[] {
  const found: Words[] = [];
  const add = (command: Command, path: readonly string[], inherited: readonly string[]): void => {
    const options = [...inherited, ...command.options.flatMap(({ long, hidden }) => (long && !hidden ? [long] : []))];
    const choices = command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices);
    const ofJobs = TAKES_JOB.includes(path.join(' ')) ? jobs : [];
    const commands = command.commands.map((one) => one.name());
    found.push({
      path: path.join(' '),
      words: [...new Set([...commands, ...ofJobs, ...choices, ...options, '--help'])],
    });
    for (const one of command.commands)
      add(one, [...path, one.name()], path.length === 0 ? globalOf(program) : inherited);
  };
  add(program, [], []);
  found.push({ path: JOB_OPTION, words: jobs });
  return found;
}

function globalOf(program: Command): readonly string[] {
  return program.options.flatMap(({ long }) => (long && long !== '--version' ? [long] : []));
}

export function completionScript(shell: 'bash' | 'zsh' | 'fish', all: readonly Words[]): string {
  return { bash, zsh, fish }[shell](all);
}

/** The words of the command that was typed so far, by its longest path. `$1` is the command line without the last word. */
function lookup(all: readonly Words[]): string {
  const cases = all.map(({ path, words }) => `    ${quoted(path)}) echo ${quoted(words.join(' '))} ;;\n`).join('');
  return `_settle_words() {
  case "$1" in
${cases}  esac
}
_settle_find() {
  local path= word=
  for word in "$@"; do
    if [ -n "$(_settle_words "\${path:+$path }$word")" ]; then path="\${path:+$path }$word"; fi
  done
  if [ "$word" = ${JOB_OPTION} ]; then path=${JOB_OPTION}; fi
  _settle_words "$path"
}
`;
}

function bash(all: readonly Words[]): string {
  return `# settle completion bash
${lookup(all)}_settle() {
  COMPREPLY=($(compgen -W "$(_settle_find "\${COMP_WORDS[@]:1:COMP_CWORD-1}")" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _settle settle
`;
}

function zsh(all: readonly Words[]): string {
  return `#compdef settle
# settle completion zsh
${lookup(all)}_settle() {
  compadd -- \${=$(_settle_find "\${(@)words[2,CURRENT-1]}")}
  _files
}
compdef _settle settle
`;
}

function fish(all: readonly Words[]): string {
  const cases = all.map(
    ({ path, words }) => `        case ${quoted(path)}\n            printf '%s\\n' ${words.map(quoted).join(' ')}\n`,
  );
  return `# settle completion fish
function __settle_words
    switch "$argv[1]"
${cases.join('')}    end
end
function __settle_find
    set -l path
    set -l word
    for word in (commandline -opc)[2..-1]
        if test -n "$(__settle_words "$(string join ' ' $path $word)")"
            set path $path $word
        end
    end
    if test "$word" = ${JOB_OPTION}
        set path ${JOB_OPTION}
    end
    __settle_words "$(string join ' ' $path)"
end
complete -c settle -a '(__settle_find)'
`;
}

/** In single quotes, which all three shells read alike: names of commands, options and jobs hold none. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", '')}'`;
}
