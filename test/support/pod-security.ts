/**
 * The Pod Security Standard "restricted" of Kubernetes (v1.34, the text at kubernetes.io/docs/concepts/security/
 * pod-security-standards), baseline included, as checks of a pod's specification: what breaks it, one line each.
 */

// biome-ignore lint/suspicious/noExplicitAny: a manifest is what the file holds
type Pod = any;

const VOLUMES = 'configMap csi downwardAPI emptyDir ephemeral persistentVolumeClaim projected secret'.split(' ');
const SECCOMP = ['RuntimeDefault', 'Localhost'];
const SAFE_SYSCTLS = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
];
const SELINUX = [undefined, '', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'];
const APPARMOR = [undefined, 'RuntimeDefault', 'Localhost'];

/** Empty for a pod that the standard admits. */
export function brokenRules(pod: Pod, annotations: Readonly<Record<string, string>> = {}): string[] {
  const broken: string[] = [];
  const rule = (name: string, holds: boolean) => {
    if (!holds) broken.push(name);
  };
  const own = pod.securityContext ?? {};
  for (const field of ['hostNetwork', 'hostPID', 'hostIPC']) rule(field, !pod[field]);
  rule('host process', own.windowsOptions?.hostProcess !== true);
  rule(
    'sysctls',
    (own.sysctls ?? []).every(({ name }: { name: string }) => SAFE_SYSCTLS.includes(name)),
  );
  for (const volume of pod.volumes ?? []) {
    const kinds = Object.keys(volume).filter((key) => key !== 'name');
    rule(
      `volume ${volume.name}`,
      kinds.every((kind) => VOLUMES.includes(kind)),
    );
  }
  for (const [key, value] of Object.entries(annotations)) {
    if (!key.startsWith('container.apparmor.security.beta.kubernetes.io/')) continue;
    rule('AppArmor', value === 'runtime/default' || value.startsWith('localhost/'));
  }
  rule('runAsUser', own.runAsUser !== 0);
  const containers = ['containers', 'initContainers', 'ephemeralContainers'].flatMap((kind) => pod[kind] ?? []);
  rule('containers', containers.length > 0);
  for (const container of containers) {
    const context = container.securityContext ?? {};
    const at = (name: string) => `${name} of ${container.name}`;
    rule(at('privileged'), context.privileged !== true);
    rule(at('host process'), context.windowsOptions?.hostProcess !== true);
    rule(
      at('hostPort'),
      (container.ports ?? []).every(({ hostPort }: { hostPort?: number }) => !hostPort),
    );
    rule(at('procMount'), [undefined, 'Default'].includes(context.procMount));
    rule(at('allowPrivilegeEscalation'), context.allowPrivilegeEscalation === false);
    rule(at('runAsNonRoot'), (context.runAsNonRoot ?? own.runAsNonRoot) === true);
    rule(at('runAsUser'), context.runAsUser !== 0);
    rule(at('seccomp'), SECCOMP.includes((context.seccompProfile ?? own.seccompProfile)?.type));
    rule(at('capabilities dropped'), (context.capabilities?.drop ?? []).includes('ALL'));
    const added: string[] = context.capabilities?.add ?? [];
    rule(
      at('capabilities added'),
      added.every((one) => one === 'NET_BIND_SERVICE'),
    );
    for (const { seLinuxOptions = {}, appArmorProfile = {} } of [context, own]) {
      rule(at('SELinux'), SELINUX.includes(seLinuxOptions.type) && !seLinuxOptions.user && !seLinuxOptions.role);
      rule(at('AppArmor'), APPARMOR.includes(appArmorProfile.type));
    }
    for (const hook of [container.livenessProbe, container.readinessProbe, container.startupProbe]) {
      rule(at('probe host'), !hook?.httpGet?.host && !hook?.tcpSocket?.host);
    }
    for (const hook of [container.lifecycle?.postStart, container.lifecycle?.preStop]) {
      rule(at('lifecycle host'), !hook?.httpGet?.host && !hook?.tcpSocket?.host);
    }
  }
  return broken;
}
