import { messageOf } from '../../core/errors/message-of.js';
import { toReplica } from '../../core/service/replica.js';
import type { StateManager } from '../../core/state/state-manager.js';
import { openConnection } from '../../core/store/redis/open-redis.js';
import type { RedisClient } from '../../core/store/redis/redis-client.js';
import { RedisConnection } from '../../core/store/redis/redis-connection.js';
import { isReadable } from '../../core/windows/window-record.js';
import { counted, plain } from '../output.js';
import type { Settings } from '../settings.js';
import type { Finding } from './backend.js';
import { clockFinding, findingsOfKeys, findingsOfReplicas } from './findings.js';
import { toJson, type WindowJson } from './json.js';
import { findingsOfWindows } from './window-findings.js';
import { openTarget } from './redis-target.js';

/** Milliseconds by which a clock may be off without a warning. */
const SKEW = 1_000;
/** Milliseconds of a round trip from which drains become slow. */
const SLOW = 100;
const TIMEOUT = 3_000;

/** Problems of the state in Redis, of Redis itself and of the replicas. */
export async function inspectRedis(
  manager: StateManager,
  settings: Settings,
  warnings: readonly string[],
  windows: readonly WindowJson[],
): Promise<Finding[]> {
  const took = await measureRoundTrip(manager);
  const { store, registry, replica } = manager;
  const seen = (await store.replicas(manager.deadline())).filter(({ id }) => id !== replica.id);
  const keys = registry.all().map((key) => key.toJSON(manager.current(key)));
  const strange = seen.filter(({ told }) => told === undefined);
  const catalogue = (await store.catalogue?.read(manager.deadline())) ?? [];
  return [
    took > SLOW
      ? { level: 'warning', code: 'SLOW', message: `A round trip to Redis takes ${took} ms.` }
      : { level: 'ok', code: 'REACHED', message: `Redis answers (${took} ms).` },
    ...rightsOf(manager, warnings),
    ...(await serverOf(settings)),
    ...clockOf(manager),
    ...findingsOfKeys(keys),
    ...findingsOfWindows(windows),
    ...strangeWindows(manager),
    ...(catalogue.length === 0
      ? [
          {
            level: 'warning' as const,
            code: 'NO_CATALOGUE',
            message:
              'No application has published its keys here: none has run with this namespace, or all run an older version. Only "general" is known.',
          },
        ]
      : []),
    ...strange.map(({ host, id, pid }): Finding => ({
      level: 'warning',
      code: 'VERSIONS',
      message: `${plain(host)} (replica ${id}, pid ${pid}) runs a version of nestjs-maintenance whose reports this command cannot read.`,
    })),
    ...findingsOfReplicas(
      toJson(seen.filter(({ told }) => told).map((each) => toReplica(each, manager.view.version ?? ''))),
      manager.health().up,
    ),
  ];
}

/** Milliseconds of the fastest of a few reads: a single slow one may only mean that this machine is busy. */
async function measureRoundTrip(manager: StateManager): Promise<number> {
  let fastest = Infinity;
  for (let reads = 0; reads < 3 && fastest > SLOW; reads++) {
    const begun = performance.now();
    await manager.refresh();
    fastest = Math.min(fastest, performance.now() - begun);
  }
  return Math.round(fastest);
}

function rightsOf(manager: StateManager, warnings: readonly string[]): Finding[] {
  const { up, error } = manager.health();
  return [
    up
      ? { level: 'ok', code: 'WRITES', message: 'Redis accepts writes.' }
      : { level: 'problem', code: 'NOT_IN_TOUCH', message: `Redis can be read, but: ${error}` },
    ...warnings.map((message): Finding => ({ level: 'warning', code: 'SAID', message })),
  ];
}

function clockOf(manager: StateManager): Finding[] {
  const { clockSkew } = manager.health();
  return Math.abs(clockSkew) < SKEW ? [] : [clockFinding('The clock of this machine', clockSkew)];
}

/** Windows that a newer version has planned in a form of its own. */
function strangeWindows({ document }: StateManager): Finding[] {
  return [...(document?.keys ?? [])].flatMap(([key, { windows = [] }]) => {
    const strange = windows.filter((window) => !isReadable(window)).length;
    return strange === 0
      ? []
      : [
          {
            level: 'warning' as const,
            code: 'STRANGE_WINDOWS',
            message: `Key "${key}" has ${counted(strange, 'planned window')} of a newer version, which this version cannot read.`,
          },
        ];
  });
}

interface AskedClient {
  info(): Promise<string>;
  config(command: 'GET', name: string): Promise<readonly string[]>;
}

/** What Redis reports about itself, over a separate connection; the user may lack the right to ask. */
async function serverOf({ redis = '', ca }: Settings): Promise<Finding[]> {
  const client = await openConnection(await openTarget(redis, ca), TIMEOUT, 'doctor');
  const connection = new RedisConnection(client, () => undefined);
  try {
    await connection.open(performance.now() + TIMEOUT);
    const asked = client as RedisClient & AskedClient;
    const info = await asked.info();
    // many users and hosts do not allow that: then it is unknown
    const [, saves] = await asked.config('GET', 'save').catch(() => []);
    return describeServer((field) => new RegExp(`^${field}:(.*)$`, 'm').exec(info)?.[1]?.trim(), saves);
  } catch (error) {
    return [
      {
        level: 'warning',
        code: 'NO_INFO',
        message: `Redis does not answer INFO: ${messageOf(error)}`,
      },
    ];
  } finally {
    connection.close();
  }
}

/** @param saves when it writes a snapshot: never if empty; `undefined` if unknown */
function describeServer(field: (name: string) => string | undefined, saves: string | undefined): Finding[] {
  const policy = field('maxmemory_policy') ?? 'noeviction';
  const limit = Number(field('maxmemory') ?? 0);
  const used = Number(field('used_memory') ?? 0);
  const evicts = policy.startsWith('allkeys');
  const first = policy.startsWith('volatile') ? ', and nothing is left in it that expires' : '';
  const persists = field('aof_enabled') === '1' || saves !== '';
  return [
    { level: 'ok', code: 'VERSION', message: `Redis is version ${field('redis_version') ?? 'unknown'}.` },
    ...(limit > 0 && evicts
      ? [
          {
            level: 'problem' as const,
            code: 'EVICTION',
            message: `Redis has the memory policy ${policy}: when its memory is full, it may drop the maintenance state. Use noeviction, or a separate Redis.`,
          },
        ]
      : []),
    ...(limit > 0 && !evicts && used > limit * 0.9
      ? [
          {
            level: 'warning' as const,
            code: 'MEMORY',
            message: `Redis uses ${Math.round((used / limit) * 100)} % of its memory limit; once it is full${first}, it refuses changes.`,
          },
        ]
      : []),
    ...(persists
      ? []
      : [
          {
            level: 'warning' as const,
            code: 'NO_PERSISTENCE',
            message:
              'Redis keeps nothing on disk: after a restart it has only what running replicas restore.',
          },
        ]),
    ...(field('role') === 'slave'
      ? [
          {
            level: 'problem' as const,
            code: 'REPLICA_OF_REDIS',
            message: 'This Redis is a read-only replica of another one.',
          },
        ]
      : []),
  ];
}
