/** `settle jobs`: what can run, with the parameters that each job takes. Needs no database. */
import type { Cli } from '../cli.ts';

export function registerJobs({ program, registry, forOutput }: Cli): void {
  const own = program
    .command('jobs')
    .description('list the jobs that can run')
    .option('--json', 'print a JSON array')
    .addHelpText('after', '\nExample:\n  settle jobs\n')
    .action(async (flags: { json?: boolean }) => {
      const jobs = await registry.jobs();
      const { print } = await import('../output/stdout.ts');
      if (flags.json) {
        const { formatJson } = await import('../output/json.ts');
        const shown = jobs.map(({ name, description, parameters, steps }) => ({
          name,
          description,
          parameters: parameters.map(({ validate: _validate, ...parameter }) => parameter),
          steps: steps.map((step) => ({ name: step.name, kind: step.kind })),
        }));
        await print(formatJson(shown));
        return;
      }
      const { formatTable } = await import('../output/table.ts');
      const columns = [{ header: 'job' }, { header: 'does' }, { header: 'parameters' }];
      const rows = jobs.map(({ name, description, parameters }) => [
        name,
        description,
        parameters.map((one) => (one.required && one.default === undefined ? one.name : `[${one.name}]`)).join(' '),
      ]);
      await print(formatTable(columns, rows));
    });
  forOutput(own);
}
