/** What a start of `settle` in a project's folder consists of: the project's jobs, and the platform where it is wanted. */
import type { Migration } from '../../../migrations/migration.ts';
import { setDefault } from '../../environment.ts';
import { findConfigFile, readConfigFile } from '../config-file.ts';
import type { ConfigValues } from '../config-schema.ts';
import type { Domain, Platform } from '../domain.ts';
import { toolsDomain } from './tools-domain.ts';

/**
 * By the config file that `args` name, or that lies in the working folder. One that cannot be read is an error of what
 * asks for it: `--help` and `init` do not.
 */
export async function projectPlatform(args: readonly string[], platform: Platform): Promise<Platform> {
  let file: string | undefined;
  try {
    file = findConfigFile(configFlag(args));
    if (file === undefined) return withDomains(platform, toolsDomain);
    return await platformOf(await readConfigFile(file), file, platform);
  } catch (error) {
    return withDomains(platform, toolsDomain, {
      name: file ?? 'config',
      jobs: () => Promise.reject(error),
    });
  }
}

/** As SETTLE_SHARDS has them: NAME=URL for each URL of each name. */
function wordsOfShards(shards: NonNullable<ConfigValues['shards']>): string {
  return Object.entries(shards)
    .flatMap(([name, urls]) => [urls].flat().map((url) => `${name}=${url}`))
    .join(' ');
}

async function platformOf(values: ConfigValues, file: string, platform: Platform): Promise<Platform> {
  const { projectDomain, projectMigrations } = await import('./project-domain.ts');
  const { sinks, cache, replicas, viewReplicas, shards } = values;
  if (cache !== undefined) setDefault('SETTLE_CACHE', cache);
  if (replicas !== undefined) setDefault('SETTLE_REPLICAS', replicas.join(' '));
  if (viewReplicas !== undefined) setDefault('SETTLE_VIEW_REPLICAS', viewReplicas.join(' '));
  if (shards !== undefined) setDefault('SETTLE_SHARDS', wordsOfShards(shards));
  if (sinks !== undefined) setDefault('SETTLE_SINKS', typeof sinks === 'string' ? sinks : JSON.stringify(sinks));
  const own = projectDomain(values, file);
  const migrations = () => projectMigrations(values, file);
  if (values.platform ?? values.jobs === undefined) {
    const whole = withDomains(platform, toolsDomain, own);
    return {
      ...whole,
      migrations: async () => [...(await platform.migrations()), ...(await migrations())],
      migrationNames: async () => [...(await namesOf(platform)), ...(await migrations()).map(({ name }) => name)],
    };
  }
  return {
    description: values.description ?? 'Runs the jobs of this project: restartable, partitioned, exact.',
    domains: [own, toolsDomain],
    migrations: async () => [...(await engineMigrations()), ...(await migrations())],
    knownMigrations: () => namesOf(platform),
    commandOrder: platform.commandOrder,
  };
}

async function engineMigrations(): Promise<readonly Migration[]> {
  return (await import('../../../migrations/engine/index.ts')).engineMigrations;
}

async function namesOf({ migrationNames, migrations }: Platform): Promise<readonly string[]> {
  return migrationNames === undefined ? (await migrations()).map(({ name }) => name) : await migrationNames();
}

function withDomains(platform: Platform, ...more: Domain[]): Platform {
  return { ...platform, domains: [...platform.domains, ...more] };
}

/** Before commander has read the arguments: which commands there are depends on it. */
export function configFlag(args: readonly string[]): string | undefined {
  const end = args.indexOf('--');
  const flags = end < 0 ? args : args.slice(0, end);
  for (const [index, arg] of flags.entries()) {
    if (arg === '--config') return flags[index + 1];
    if (arg.startsWith('--config=')) return arg.slice('--config='.length);
  }
  return undefined;
}
