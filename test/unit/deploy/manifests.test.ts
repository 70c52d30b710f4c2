/** The files in deploy/: against the published schemas of Kubernetes, and against what settle itself promises. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CronJob } from 'kubernetes-models/batch/v1/CronJob';
import { Job } from 'kubernetes-models/batch/v1/Job';
import { Secret } from 'kubernetes-models/v1/Secret';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { ExitCode } from '../../../src/errors.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const read = (path: string) => readFileSync(`${ROOT}/${path}`, 'utf8');
const { version } = JSON.parse(read('package.json')) as { version: string };

const MODELS = { CronJob, Job, Secret };

// biome-ignore lint/suspicious/noExplicitAny: a manifest is what the file holds; the schema says what it may be
type Manifest = any;

const manifests = readdirSync(`${ROOT}/deploy/kubernetes`).flatMap((file) =>
  parseAllDocuments(read(`deploy/kubernetes/${file}`), { strict: true, uniqueKeys: true }).map((document) => {
    expect(document.errors).toEqual([]);
    return { file, manifest: document.toJS() as Manifest };
  }),
);
const jobs = manifests
  .filter(({ manifest }) => manifest.kind !== 'Secret')
  .map(({ file, manifest }) => ({ file, job: (manifest.spec.jobTemplate ?? manifest).spec as Manifest }));

test.each(manifests)('$file is what the schema of its kind says', ({ manifest }) => {
  const Model = MODELS[manifest.kind as keyof typeof MODELS] as typeof CronJob;
  expect(manifest.apiVersion).toBe(Model.apiVersion);
  expect(() => new Model(manifest).validate()).not.toThrow();
});

test('the schemas do find mistakes', () => {
  const { manifest } = manifests.find(({ file }) => file === 'cronjob.yaml')!;
  const wrong = (change: (copy: Manifest) => void) => {
    const copy = structuredClone(manifest);
    change(copy);
    return () => new CronJob(copy).validate();
  };
  expect(wrong(({ spec }) => delete spec.schedule)).toThrow(/schedule/);
  expect(wrong(({ spec }) => Object.assign(spec.jobTemplate.spec, { backoffLimit: 'six' }))).toThrow(/backoffLimit/);
  expect(wrong(({ spec }) => delete spec.jobTemplate.spec.template.spec.containers)).toThrow(/containers/);
});

describe.each(jobs)('$file', ({ job }) => {
  const pod = job.template.spec;
  const [container] = pod.containers;

  test('is never restarted in place, and has bounds', () => {
    expect(pod.restartPolicy).toBe('Never');
    expect(pod.terminationGracePeriodSeconds).toBeLessThanOrEqual(30);
    expect(job.backoffLimit).toBeGreaterThan(0);
    expect(job.activeDeadlineSeconds).toBeGreaterThan(0);
    expect(container.resources.limits.memory).toBeDefined();
    expect(container.resources.requests.cpu).toBeDefined();
  });

  test('gives up on the exit codes that no retry helps with, and on no others', () => {
    const rules: Manifest[] = job.podFailurePolicy.rules;
    const failing = rules.filter(({ action }) => action === 'FailJob').flatMap((rule) => rule.onExitCodes.values);
    expect(failing).toEqual([ExitCode.usage, ExitCode.outdated, ExitCode.schemaOutdated, ExitCode.invariantBroken]);
    // Rules are taken in their order, and a drained pod exits with 143.
    expect(rules[0]).toMatchObject({ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] });
    for (const rule of rules) if (rule.onExitCodes) expect(rule.onExitCodes.containerName).toBe(container.name);
  });

  test('has no rights that it does not need', () => {
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  test('has its secret from a secret, its image from this version, and its message where settle writes it', () => {
    const url = container.env.find(({ name }: { name: string }) => name === 'SETTLE_DATABASE_URL');
    expect(url.valueFrom.secretKeyRef.name).toBe('settle');
    expect(JSON.stringify([container.command, container.args])).not.toContain('://');
    expect(container.image).toBe(`settle:${version}`);
    expect(container.terminationMessagePath).toBe('/dev/termination-log');
  });
});

test('the cron job never runs twice at once, and knows its zone', () => {
  const { spec } = manifests.find(({ manifest }) => manifest.kind === 'CronJob')!.manifest;
  expect(spec).toMatchObject({ concurrencyPolicy: 'Forbid', timeZone: 'Asia/Seoul' });
  expect(spec.jobTemplate.spec.template.spec.containers[0].command.at(-1)).toMatch(/^exec settle --date /);
});

test('the Dockerfile copies what there is, and ends as nobody', () => {
  const text = read('Dockerfile');
  const lines = text.split('\n');
  expect(lines.filter((line) => line.startsWith('FROM ')).every((line) => line.includes('node:24-slim'))).toBe(true);
  expect(lines.findLast((line) => line.startsWith('USER '))).toBe('USER 10001:10001');
  const taken = read('.dockerignore')
    .split('\n')
    .filter((line) => line.startsWith('!'));
  const copied = lines
    .filter((line) => /^COPY (?!--from)/.test(line))
    .flatMap((line) => line.split(/\s+/).slice(1, -1));
  for (const path of copied) {
    expect(
      taken.some((one) => one.slice(1).split('/')[0] === path),
      `${path} is not in the build context`,
    ).toBe(true);
    expect(() => readdirSync(`${ROOT}`).includes(path) || expect.fail(path)).not.toThrow();
  }
});

test('systemd and cron use the exit codes as documented', () => {
  const service = read('deploy/systemd/settle.service');
  expect(service).toMatch(/^RestartPreventExitStatus=2 4 10 20 130 143$/m);
  expect(service).toMatch(/^SuccessExitStatus=3 11$/m);
  expect(service).toMatch(/^TimeoutStopSec=30$/m);
  // % is special in units and in crontabs.
  expect(service).toContain('+%%F');
  const entries = read('deploy/crontab')
    .split('\n')
    .filter((line) => /^\d/.test(line));
  expect(entries).toHaveLength(2);
  for (const entry of entries) expect(entry).not.toMatch(/[^\\]%/);
});
