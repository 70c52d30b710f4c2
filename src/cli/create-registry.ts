/** The domains that a program was put together from, and the jobs in them, which are loaded when first asked for. */
import type { JobDefinition } from '../engine/job.ts';
import { resolveMappings } from '../mapping/mapping.ts';
import type { Registry } from './command-context.ts';
import type { Domain, Platform } from './domain.ts';

export function createRegistry(platform: Platform): Registry {
  let loaded: Promise<readonly JobDefinition[]> | undefined;
  const jobs = () => {
    loaded ??= loadJobs(platform.domains);
    return loaded;
  };
  const jobNamed = async (name: string) => (await jobs()).find((one) => one.name === name);
  return {
    options: platform,
    jobs,
    jobNamed,
    async findJob(name) {
      const job = await jobNamed(name);
      if (job !== undefined) return job;
      const { nearestName } = await import('../engine/nearest-name.ts');
      const { usageError } = await import('../errors.ts');
      const names = (await jobs()).map((one) => one.name);
      const nearest = nearestName(name, names);
      const hint = nearest === undefined ? `the jobs are ${names.join(', ')}` : `did you mean ${nearest}?`;
      throw usageError(`unknown job "${name}"`, hint);
    },
    setAside: async () => await Promise.all(platform.domains.flatMap((domain) => domain.setAside?.() ?? [])),
    async mappings(settings) {
      const sources = await Promise.all(platform.domains.map((domain) => domain.sources?.() ?? []));
      return resolveMappings(settings.mappings, sources.flat());
    },
    health: async () => await Promise.all(platform.domains.flatMap((domain) => domain.health?.() ?? [])),
    async purge(database, before, isDryRun) {
      const all = [];
      for (const domain of platform.domains) if (domain.purge) all.push(await domain.purge(database, before, isDryRun));
      return all;
    },
    metrics: async () => await Promise.all(platform.domains.flatMap((domain) => domain.metrics?.() ?? [])),
    async watchRun(context) {
      const watches = [];
      for (const domain of platform.domains) if (domain.watchRun) watches.push(await domain.watchRun(context));
      return watches;
    },
    async useErrorRules() {
      const { useErrorRules } = await import('../database/errors.ts');
      const rules = await Promise.all(platform.domains.map((domain) => domain.errorRules?.() ?? []));
      useErrorRules(rules.flat());
    },
  };
}

async function loadJobs(domains: readonly Domain[]): Promise<readonly JobDefinition[]> {
  const owners = new Map<string, string>();
  const all: JobDefinition[] = [];
  for (const domain of domains) {
    for (const job of (await domain.jobs?.()) ?? []) {
      const owner = owners.get(job.name);
      const place = domain.placeOf?.(job) ?? domain.name;
      if (owner !== undefined) {
        const { usageError } = await import('../errors.ts');
        const where = owner === place ? `twice in ${owner}` : `in ${owner} and in ${place}`;
        throw usageError(`there are two jobs ${job.name}: ${where}`, 'give one of them another name');
      }
      owners.set(job.name, place);
      all.push(job);
    }
  }
  return all;
}
