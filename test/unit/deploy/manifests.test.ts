/** The files in deploy/: against the published schemas of Kubernetes, and against what settle itself promises. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { CronJob } from 'kubernetes-models/batch/v1/CronJob';
import { Job } from 'kubernetes-models/batch/v1/Job';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { Secret } from 'kubernetes-models/v1/Secret';
import { describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { ExitCode } from '../../../src/errors.ts';
import { brokenRules } from '../../support/pod-security.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const read = (path: string) => readFileSync(`${ROOT}/${path}`, 'utf8');
const { version } = JSON.parse(read('package.json')) as { version: string };

const MODELS = { CronJob, Deployment, Job, NetworkPolicy, PodDisruptionBudget, Secret };

// biome-ignore lint/suspicious/noExplicitAny: a manifest is what the file holds; the schema says what it may be
type Manifest = any;

const manifests = readdirSync(`${ROOT}/deploy/kubernetes`).flatMap((file) =>
  parseAllDocuments(read(`deploy/kubernetes/${file}`), { strict: true, uniqueKeys: true }).map((document) => {
    expect(document.errors).toEqual([]);
    return { file, manifest: document.toJS() as Manifest };
  }),
);
const jobs = manifests
  .filter(({ manifest }) => ['CronJob', 'Job'].includes(manifest.kind))
  .map(({ file, manifest }) => ({ file, job: (manifest.spec.jobTemplate ?? manifest).spec as Manifest }));
const named = (name: string) => manifests.filter(({ file }) => file === name).map(({ manifest }) => manifest);
const [deployment, budget] = named('workers.yaml');
const [indexed] = named('indexed-job.yaml');
/** Whatever makes pods: its template. */
const templates = [...jobs, { file: 'workers.yaml', job: deployment.spec }].map(({ file, job }) => ({
  file,
  template: job.template as Manifest,
}));

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
    expect(job.backoffLimitPerIndex ?? job.backoffLimit).toBeGreaterThan(0);
    expect(job.activeDeadlineSeconds).toBeGreaterThan(0);
  });

  test('gives up on the exit codes that no retry helps with, and on no others', () => {
    const rules: Manifest[] = job.podFailurePolicy.rules;
    const giveUp = job.completionMode === 'Indexed' ? 'FailIndex' : 'FailJob';
    const failing = rules.filter(({ action }) => action === giveUp).flatMap((rule) => rule.onExitCodes.values);
    expect(failing).toEqual([ExitCode.usage, ExitCode.outdated, ExitCode.schemaOutdated, ExitCode.invariantBroken]);
    // Rules are taken in their order, and a drained pod exits with 143.
    expect(rules[0]).toMatchObject({ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] });
    for (const rule of rules) if (rule.onExitCodes) expect(rule.onExitCodes.containerName).toBe(container.name);
  });
});

describe.each(templates)('pods of $file', ({ template }) => {
  const pod = template.spec;
  const [container] = pod.containers;

  test('have room, and the time that a stop takes', () => {
    expect(pod.terminationGracePeriodSeconds).toBe(30);
    expect(container.resources.limits.memory).toBeDefined();
    expect(container.resources.requests.cpu).toBeDefined();
  });

  test('have no rights that they do not need', () => {
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(pod.automountServiceAccountToken).toBe(false);
    expect(brokenRules(pod, template.metadata?.annotations)).toEqual([]);
    expect(container.securityContext).toEqual({
      runAsNonRoot: true,
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  });

  test('have their secret from a secret, their image from this version, and their message where settle writes it', () => {
    const url = container.env.find(({ name }: { name: string }) => name === 'SETTLE_DATABASE_URL_FILE').value;
    const [{ name, secret }] = pod.volumes;
    expect(secret.secretName).toBe('settle');
    const [item] = secret.items;
    const known = manifests.find(({ manifest }) => manifest.kind === 'Secret')!.manifest.stringData;
    expect(Object.keys(known)).toContain(item.key);
    expect(new URL(known[item.key]).searchParams.get('ssl-mode')).toBe('verify-identity');
    // Not for all users of the node, and not to be written.
    expect(secret.defaultMode).toBe(0o440);
    const [mount] = container.volumeMounts;
    expect(mount).toMatchObject({ name, readOnly: true });
    expect(url).toBe(`${mount.mountPath}/${item.path}`);
    expect(JSON.stringify(container.env)).not.toMatch(/secretKeyRef|SETTLE_DATABASE_URL"/);
    expect(JSON.stringify([container.command, container.args])).not.toContain('://');
    expect(container.image).toMatch(new RegExp(`^settle:${version.replaceAll('.', '[.]')}@sha256:[0-9a-f]{64}$`));
    expect(container.terminationMessagePath).toBe('/dev/termination-log');
  });
});

test('workers are any number of pods, of which a drain takes one after the other', () => {
  const labels = deployment.spec.template.metadata.labels;
  expect(deployment.spec.selector.matchLabels).toEqual(labels);
  expect(budget).toMatchObject({ kind: 'PodDisruptionBudget', spec: { maxUnavailable: 1 } });
  expect(budget.spec.selector.matchLabels).toEqual(labels);
  expect(budget.metadata.name).toBe(deployment.metadata.name);
  const { spec } = deployment.spec.template;
  expect(spec.restartPolicy).toBe('Always');
  expect(spec.containers[0].args[0]).toBe('worker');
  // A pod of a run is nobody's worker: the budget and the deployment leave it alone.
  for (const { job } of jobs) expect(job.template.metadata.labels).not.toHaveProperty(['app.kubernetes.io/component']);
});

test('the indexed job begins a pod again when it has ended, and is done when its run is', () => {
  const { spec } = indexed;
  expect(spec).toMatchObject({ completionMode: 'Indexed', podReplacementPolicy: 'Failed' });
  expect(spec.backoffLimitPerIndex).toBeGreaterThan(0);
  // Kubernetes then takes the greatest number for it.
  expect(spec.backoffLimit).toBeUndefined();
  expect(spec.completions).toBe(spec.parallelism);
  expect(spec.successPolicy).toEqual({ rules: [{ succeededIndexes: '0' }] });
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

test('the standard for pods does find mistakes', () => {
  const { job } = jobs[0];
  const broken = (change: (pod: Manifest) => void) => {
    const pod = structuredClone(job.template.spec);
    change(pod);
    return brokenRules(pod);
  };
  const [{ name }] = job.template.spec.containers;
  for (const [change, rule] of [
    [(pod) => Object.assign(pod, { hostNetwork: true }), 'hostNetwork'],
    [(pod) => pod.volumes.push({ name: 'x', hostPath: { path: '/' } }), 'volume x'],
    [(pod) => Object.assign(pod.containers[0].securityContext, { privileged: true }), `privileged of ${name}`],
    [(pod) => delete pod.containers[0].securityContext.allowPrivilegeEscalation, `allowPrivilegeEscalation of ${name}`],
    [(pod) => delete pod.containers[0].securityContext.capabilities, `capabilities dropped of ${name}`],
    [
      (pod) => Object.assign(pod.containers[0].securityContext.capabilities, { add: ['SYS_PTRACE'] }),
      `capabilities added of ${name}`,
    ],
    [(pod) => delete pod.securityContext.seccompProfile, `seccomp of ${name}`],
    [(pod) => Object.assign(pod.securityContext, { runAsUser: 0 }), 'runAsUser'],
    [(pod) => Object.assign(pod.containers[0].securityContext, { runAsNonRoot: false }), `runAsNonRoot of ${name}`],
    [(pod) => Object.assign(pod, { initContainers: [{ name: 'x' }] }), 'capabilities dropped of x'],
  ] as [(pod: Manifest) => void, string][]) {
    expect(broken(change)).toContain(rule);
  }
});

test('the network of its pods leads to name servers and to one database, and nobody leads to them', () => {
  const { spec } = manifests.find(({ manifest }) => manifest.kind === 'NetworkPolicy')!.manifest;
  const labels = spec.podSelector.matchLabels;
  for (const { template } of templates) expect(template.metadata.labels).toMatchObject(labels);
  expect(spec).toMatchObject({ policyTypes: ['Ingress', 'Egress'], ingress: [] });
  for (const { to, ports } of spec.egress) {
    expect(to.length).toBeGreaterThan(0);
    expect(ports.every(({ port }: Manifest) => [53, 3306].includes(port))).toBe(true);
    for (const { ipBlock } of to) if (ipBlock !== undefined) expect(ipBlock.cidr).toMatch(/\/32$/);
  }
});

/** As `systemd-analyze security` rates it, from 0 (nothing to be had) to 10; 1.3 is what sockets and a compiler need. */
const EXPOSURE_MAX = 1.5;

test('the unit gives a service next to nothing of the machine', ({ skip }) => {
  const rate = (path: string) => {
    const args = ['security', '--offline=true', '--no-pager', `--threshold=${EXPOSURE_MAX * 10}`, path];
    return spawnSync('systemd-analyze', args, { encoding: 'utf8' });
  };
  const { status, error, stdout, stderr } = rate(`${ROOT}/deploy/systemd/settle.service`);
  if (error !== undefined || /unrecognized option/.test(stderr)) return skip('no systemd-analyze that works offline');
  expect(`${stdout}${stderr}`).toMatch(/Overall exposure level for settle.service: \d/);
  expect(status, stdout).toBe(0);
  // The same unit without what protects it is refused.
  const folder = mkdtempSync(join(tmpdir(), 'settle-unit-'));
  const open = read('deploy/systemd/settle.service').replaceAll(/^(Protect|Private|Restrict|SystemCall).*\n/gm, '');
  writeFileSync(join(folder, 'settle.service'), open);
  expect(rate(join(folder, 'settle.service')).status).not.toBe(0);
  rmSync(folder, { recursive: true });
});

test('the unit and the crontab leave no password in an environment, a core, or a file that others read', () => {
  const service = read('deploy/systemd/settle.service');
  for (const line of ['UMask=0077', 'LimitCORE=0', 'LoadCredential=database-url:/etc/settle/database-url']) {
    expect(service.split('\n')).toContain(line);
  }
  expect(service).not.toMatch(/^EnvironmentFile=|^Environment=SETTLE_DATABASE_URL=|^MemoryDenyWriteExecute=/m);
  const crontab = read('deploy/crontab');
  expect(crontab).toMatch(/^SETTLE_DATABASE_URL_FILE=/m);
  for (const entry of crontab.split('\n').filter((line) => /^\d/.test(line))) {
    expect(entry).toContain(' umask 077; ulimit -c 0; exec settle ');
    // A file that a shell reads is a program.
    expect(entry).not.toMatch(/(^|[;&\s])(\.|source|set -a)\s/);
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
  expect(entries).toHaveLength(3);
  for (const entry of entries) expect(entry).not.toMatch(/[^\\]%/);
});
