import type { MaintenanceKeyJson } from '../../core/keys/maintenance-key-json.js';
import { counted, plain } from '../output.js';
import { formatMoment } from '../time.js';
import type { Finding } from './backend.js';
import type { ReplicaJson } from './json.js';

/** Problems of keys, in plain words. */
export function findingsOfKeys(keys: readonly MaintenanceKeyJson[]): Finding[] {
  const findings: Finding[] = keys.flatMap((key) => {
    const { name, holder } = key;
    const who = holder
      ? ` (${plain(holder.host)}, pid ${holder.pid}, since ${formatMoment(holder.since)})`
      : '';
    return [
      ...(key.abandoned
        ? [
            {
              level: 'problem' as const,
              code: 'ABANDONED',
              message: `The holder of key "${name}"${who} died; its work may be half done. Check it, then run it again, or open the key with: off ${name} --force`,
            },
          ]
        : []),
      ...(key.value && key.endsAt === null
        ? [
            {
              level: 'warning' as const,
              code: 'NO_END',
              message: `Key "${name}" is in maintenance and has no end.`,
            },
          ]
        : []),
    ];
  });
  const on = keys.filter(({ value }) => value).map(({ name }) => name);
  const state = on.length > 0 ? `in maintenance: ${on.join(', ')}` : 'none in maintenance';
  return [{ level: 'ok', code: 'KEYS', message: `${counted(keys.length, 'key')}, ${state}.` }, ...findings];
}

/** Milliseconds by which the clock of a machine may be off without a warning. */
const SKEW = 5_000;

/**
 * Problems of replicas, in plain words.
 * @param accepts whether the store accepts reports: otherwise silence says nothing about a replica
 */
export function findingsOfReplicas(replicas: readonly ReplicaJson[], accepts = true): Finding[] {
  const serving = replicas.filter(({ observer }) => !observer);
  const findings = serving.flatMap((replica): Finding[] => {
    const { lastSeen, silent, connection, applied, unknownKeys, clockSkew } = replica;
    const who = nameOf(replica);
    if (silent) {
      const gone = connection === 'open' ? 'its connection is open' : `its connection is ${connection}`;
      return [
        {
          level: 'problem',
          code: 'SILENT',
          message: `${who} has been silent since ${formatMoment(lastSeen)}, ${gone}: drains wait for it. ${accepts ? `If it is gone for good, run: forget ${replica.id}` : 'Redis may refuse its reports, too.'}`,
        },
      ];
    }
    return [
      ...(unknownKeys.length > 0
        ? [
            {
              level: 'problem' as const,
              code: 'UNKNOWN_KEYS',
              message: `${who} does not know keys that are in maintenance (${unknownKeys.join(', ')}): it runs another version of the application and admits what others refuse.`,
            },
          ]
        : []),
      ...(!applied
        ? [
            {
              level: 'warning' as const,
              code: 'BEHIND',
              message: `${who} has not applied the last change yet.`,
            },
          ]
        : []),
      ...(Math.abs(clockSkew) > SKEW ? [clockFinding(`The clock of ${who}`, clockSkew)] : []),
    ];
  });
  const count: Finding =
    serving.length === 0
      ? { level: 'warning', code: 'NO_REPLICAS', message: 'No replica of an application is running.' }
      : {
          level: 'ok',
          code: 'REPLICAS',
          message: `${counted(serving.length, 'replica')} ${serving.length === 1 ? 'is' : 'are'} running.`,
        };
  return [count, ...findings, ...findingsOfVersions(serving)];
}

export const clockFinding = (whose: string, skew: number): Finding => ({
  level: 'warning',
  code: 'CLOCK',
  message: `${whose} is ${Math.round(Math.abs(skew) / 1_000)} s ${skew > 0 ? 'ahead of' : 'behind'} the store's clock, which decides when maintenance ends.`,
});

const nameOf = ({ host, id, pid }: Pick<ReplicaJson, 'host' | 'id' | 'pid'>): string =>
  `${plain(host)} (replica ${id}, pid ${pid})`;

/** Whether replicas run different versions of the library. */
function findingsOfVersions(serving: readonly ReplicaJson[]): Finding[] {
  const byVersion = new Map<string, string[]>();
  for (const replica of serving) {
    const version = plain(replica.version ?? 'an unknown version');
    byVersion.set(version, [...(byVersion.get(version) ?? []), nameOf(replica)]);
  }
  const list = [...byVersion]
    .map(([version, names]) => `${version} on ${names.toSorted().join(', ')}`)
    .toSorted();
  return byVersion.size < 2
    ? []
    : [
        {
          level: 'warning',
          code: 'VERSIONS',
          message: `Several versions of nestjs-maintenance are running side by side: ${list.join('; ')}.`,
        },
      ];
}
