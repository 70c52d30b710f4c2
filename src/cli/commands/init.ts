/** `settle init DIR`: makes a project that runs, with a job, its test, and an empty database. */
import type { Cli } from '../cli.ts';

export function registerInit({ program }: Cli): void {
  program
    .command('init')
    .description('make a project for jobs of your own in an empty folder')
    .argument('<dir>', 'folder to make; one that is there must be empty')
    .option(
      '--settle <spec>',
      'what its package.json depends on: a version or the path of a package (default: this version)',
    )
    .addHelpText('after', '\nExample:\n  settle init my-jobs\n')
    .action(async (folder: string, { settle }: { settle?: string }) => {
      const { makeProject } = await import('../project/make-project.ts');
      const { print } = await import('../output/stdout.ts');
      const files = await makeProject(folder, settle);
      const next = [`cd ${folder}`, 'npm install', 'npm test', 'npx settle run hello'];
      await print(
        `${files.map((file) => `made  ${file}\n`).join('')}\nnext\n${next.map((line) => `  ${line}\n`).join('')}`,
      );
    });
}
