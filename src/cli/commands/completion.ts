/** `settle completion SHELL`: what makes a shell complete the commands, options and jobs of settle. */
import { Argument } from 'commander';
import type { Cli } from '../cli.ts';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

export function registerCompletion({ program, registry, forOutput }: Cli): void {
  const own = program
    .command('completion')
    .description('print a script that completes commands, options and jobs in a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .addHelpText(
      'after',
      '\nExamples:\n  source <(settle completion bash)\n  settle completion fish > ~/.config/fish/completions/settle.fish\n',
    )
    .action(async (shell: (typeof SHELLS)[number]) => {
      const { completionScript, completionWords } = await import('../project/completion-script.ts');
      const { print } = await import('../output/stdout.ts');
      const jobs = (await registry.jobs()).map(({ name }) => name);
      await print(completionScript(shell, completionWords(program, jobs)));
    });
  forOutput(own);
}
