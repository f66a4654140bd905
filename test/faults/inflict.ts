import { saveRedis } from '../support/saved-redis.js';
import { setRedisClock } from '../support/skewed-redis.js';
import { until } from '../support/until.js';
import type { CommandLine } from './command-lines.js';
import type { FaultKind } from './history.js';
import type { Replica, World } from './world.js';

/** By which the proxy knows the connection that listens to changes; others name the channel, too. */
const SUBSCRIBER = /\nsubscribe\r\n\$\d+\r\n\S+:changes:/;

/**
 * Begins to do something to the world.
 * @returns ends it
 */
export async function begin(
  world: World,
  kind: FaultKind,
  target: string,
  lasts: number,
): Promise<() => unknown> {
  if (target !== 'redis') {
    const place = world.commandLines.find(({ name }) => name === target);
    return place ? beginAtCommandLine(kind, place) : beginAt(kind, world.replica(target), lasts);
  }
  const { redis } = world;
  switch (kind) {
    case 'redis-stop':
      redis.pause();
      return () => redis.resume();
    case 'redis-kill':
      await redis.kill();
      return () => redis.restart();
    case 'redis-restart':
      await redis.restart();
      return () => undefined;
    case 'redis-empty':
      await noteJobs(world);
      await redis.restart({ empty: true });
      return () => undefined;
    case 'redis-clock':
      // by seconds and by days, forward and back
      await setRedisClock(redis, (lasts % 2 ? -1 : 1) * (lasts % 3 ? 30 : 86_400));
      return () => setRedisClock(redis, 0);
    case 'redis-readonly':
      // demoted, and reached by the same address
      await command(world, 'REPLICAOF', '127.0.0.1', '1');
      return () => command(world, 'REPLICAOF', 'NO', 'ONE');
    case 'redis-full':
      await command(world, 'CONFIG', 'SET', 'maxmemory', '1');
      return () => command(world, 'CONFIG', 'SET', 'maxmemory', '0');
    case 'redis-denied':
      await command(world, 'ACL', 'SETUSER', 'default', '-hset');
      return () => command(world, 'ACL', 'SETUSER', 'default', '+hset');
    case 'newcomer':
      await world.begin();
      return () => undefined;
    case 'ignorant':
      await world.begin('job');
      return () => undefined;
    case 'failover':
      return world.failOver();
    case 'set-back': {
      const client = world.redis.client();
      // what was confirmed is looked for in the history
      const setBack = await saveRedis(client, (name) => !name.endsWith(':history'));
      return () => setBack().finally(() => client.disconnect());
    }
    case 'neighbour': {
      const timer = setInterval(() => void world.forge(), 20);
      return () => clearInterval(timer);
    }
    default:
      await world.replay(lasts % 7);
      return () => undefined;
  }
}

function beginAtCommandLine(kind: FaultKind, place: CommandLine): () => unknown {
  switch (kind) {
    case 'stop':
      place.signal('SIGSTOP');
      return () => place.signal('SIGCONT');
    case 'kill':
      place.kill();
      return () => undefined;
    default:
      place.proxy.pause();
      return () => place.proxy.resume();
  }
}

async function beginAt(kind: FaultKind, replica: Replica, lasts: number): Promise<() => unknown> {
  const { proxy, child } = replica;
  switch (kind) {
    case 'stop':
      child?.signal('SIGSTOP');
      return () => child?.signal('SIGCONT');
    case 'block':
      replica.block(lasts);
      return () => undefined;
    case 'kill':
      await replica.kill();
      return () => replica.start();
    case 'roll': {
      await replica.kill();
      // to any version from any other
      const version = (['this', 'newer', 'older'] as const)[Math.floor(lasts) % 3] ?? 'this';
      return () => replica.start(version);
    }
    case 'severed':
      // Redis sees that the connections are closed, and counts the replica as gone in time
      proxy.cut();
      proxy.pause();
      return () => proxy.resume();
    case 'partition':
      proxy.pause();
      return () => proxy.resume();
    case 'clock':
      // back and forth, by seconds and by days
      await replica.clock((lasts % 2 ? -1 : 1) * (lasts % 3 ? 20 : 86_400 * 40));
      return () => replica.clock(0);
    case 'cut':
      proxy.cut();
      return () => undefined;
    case 'freeze':
      // reset in the end: otherwise Redis takes a process that dies meanwhile for one that is connected
      return proxy.freeze();
    case 'cut-subscriber':
      proxy.cut(SUBSCRIBER);
      return () => undefined;
    case 'slow-subscribe': {
      const letGo = proxy.holdBack('subscribe');
      proxy.cut(SUBSCRIBER);
      await until(() => proxy.holdsBack, { timeout: 10_000, what: `${replica.name} to subscribe again` });
      return letGo;
    }
    default:
      proxy.freeze(SUBSCRIBER);
      return () => undefined;
  }
}

/** What is lost with Redis' data; the id of a job is that of its call. */
async function noteJobs(world: World): Promise<void> {
  const client = world.redis.client({ maxRetriesPerRequest: 3 });
  try {
    // in one step: jobs move from one list to another
    const lists = await client
      .multi()
      .lrange('bull:faults:wait', 0, -1)
      .lrange('bull:faults:active', 0, -1)
      .zrange('bull:faults:delayed', 0, -1)
      .zrange('bull:faults:prioritized', 0, -1)
      .exec();
    world.journal.note({ e: 'queued', calls: lists?.flatMap(([, calls]) => calls as string[]) ?? [] });
  } finally {
    client.disconnect();
  }
}

async function command(world: World, name: string, ...args: string[]): Promise<void> {
  const client = world.redis.client({ maxRetriesPerRequest: 3 });
  try {
    await client.call(name, ...args);
  } finally {
    client.disconnect();
  }
}
