import type { MaintenanceKeyJson } from '../../core/keys/maintenance-key-json.js';
import type { MaintenanceReplica } from '../../core/service/replica.js';
import { plain } from '../output.js';
import { formatMoment } from '../time.js';
import type { Finding } from './backend.js';

/** What is wrong with keys, in plain words. */
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
              message: `The holder of key "${name}"${who} died without leaving it; its work may be half done. Check it, then run it again, or end it with: off ${name} --force`,
            },
          ]
        : []),
      ...(key.value && key.endsAt === null
        ? [
            {
              level: 'warning' as const,
              code: 'NO_END',
              message: `Key "${name}" is in maintenance and does not end by itself.`,
            },
          ]
        : []),
    ];
  });
  const on = keys.filter(({ value }) => value).map(({ name }) => name);
  const state = on.length > 0 ? `in maintenance: ${on.join(', ')}` : 'none is in maintenance';
  return [{ level: 'ok', code: 'KEYS', message: `${keys.length} keys, ${state}.` }, ...findings];
}

/** What is wrong with replicas, in plain words. */
export function findingsOfReplicas(replicas: readonly MaintenanceReplica[]): Finding[] {
  const serving = replicas.filter(({ observer }) => !observer);
  const findings = serving.flatMap((replica): Finding[] => {
    const { host, id, pid, lastSeen, silent, connection, applied, unknownKeys } = replica;
    const who = `${plain(host)} (replica ${id}, pid ${pid})`;
    if (silent) {
      const gone = connection === 'open' ? 'its connection is open' : `its connection is ${connection}`;
      return [
        {
          level: 'problem',
          code: 'SILENT',
          message: `${who} has been silent since ${formatMoment(lastSeen)}, ${gone}: drains wait for it. If it is gone for good: forget ${id}`,
        },
      ];
    }
    return [
      ...(unknownKeys.length > 0
        ? [
            {
              level: 'problem' as const,
              code: 'UNKNOWN_KEYS',
              message: `${who} does not know ${unknownKeys.join(', ')}, which is in maintenance: it runs another version of the application and lets pass what others refuse.`,
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
    ];
  });
  const count: Finding =
    serving.length === 0
      ? { level: 'warning', code: 'NO_REPLICAS', message: 'No replica of an application is running.' }
      : { level: 'ok', code: 'REPLICAS', message: `${serving.length} replicas are running.` };
  return [count, ...findings];
}
