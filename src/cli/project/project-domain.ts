/** The jobs and migrations of a user's project, as its config file names them: a domain as any other. */
import type { Migration } from '../../../migrations/migration.ts';
import type { JobDefinition } from '../../engine/job.ts';
import { requireValidJob } from '../../engine/validate-job.ts';
import { usageError } from '../../errors.ts';
import { requireOwnVersion } from '../config-file.ts';
import type { ConfigValues } from '../config-schema.ts';
import type { Domain } from '../domain.ts';
import { loadExports, type Wanted } from './load-modules.ts';

const aJob: Wanted<JobDefinition> = {
  key: 'jobs',
  what: 'a job',
  example: 'export default defineJob(...)',
  is: (value): value is JobDefinition => hasFields(value, { name: 'string', parameters: 'list', steps: 'list' }),
};

const aMigration: Wanted<Migration> = {
  key: 'migrations',
  what: 'a migration',
  example: "export default { name: 'owner/0001_what_it_does', sqlite: [...], mariadb: [...], mysql: [...] }",
  is: (value): value is Migration =>
    hasFields(value, { name: 'string', sqlite: 'list', mariadb: 'list', mysql: 'list' }),
};

/** @param file path of the config file */
export function projectDomain({ jobs = [] }: ConfigValues, file: string): Domain {
  const places = new WeakMap<JobDefinition, string>();
  return {
    name: file,
    async jobs() {
      const found = await loadExports(jobs, file, aJob);
      for (const { value: job, place } of found) {
        requireOwnVersion(place, job);
        requireSound(job, place);
        places.set(job, place);
      }
      return found.map(({ value }) => value);
    },
    placeOf: (job) => places.get(job),
  };
}

/** Those of the project's own. @throws SettleError (exit 2) */
export async function projectMigrations(
  { migrations = [] }: ConfigValues,
  file: string,
): Promise<readonly Migration[]> {
  const found = await loadExports(migrations, file, aMigration);
  const names = new Set<string>();
  for (const { value, place } of found) {
    if (names.has(value.name)) throw usageError(`${place}: there are two migrations ${value.name}`);
    names.add(value.name);
  }
  return found.map(({ value }) => value);
}

function requireSound(job: JobDefinition, place: string): void {
  try {
    requireValidJob(job);
  } catch (error) {
    throw usageError(`${place}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function hasFields(value: unknown, fields: Readonly<Record<string, 'string' | 'list'>>): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(fields).every(([name, kind]) => {
    const field: unknown = Reflect.get(value, name);
    return kind === 'list' ? Array.isArray(field) : typeof field === 'string';
  });
}
