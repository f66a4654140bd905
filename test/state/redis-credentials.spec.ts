import { Cluster, Redis } from 'ioredis';
import { Redis as Redis6 } from 'ioredis6';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Gates } from '../support/gates.js';
import { RedisCluster } from '../support/redis-cluster.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { startService } from './service.js';

interface Credentials {
  username: string;
  password: string;
}
/** What the application gives, and how it changes the password there. */
type Given = [redis: object, change: (password: string) => void];

const CHANNEL = 'maintenance:{maintenance}:changes:0:';
const first: Credentials = { username: 'app', password: 'first' };

let server: RedisServer;
let cluster: RedisCluster;
beforeAll(async () => {
  server = await RedisServer.start();
  cluster = await RedisCluster.start();
});
afterAll(() => Promise.all([server.stop(), cluster.stop()]));

const inOptions = (): Given => {
  const options = { ...first, host: server.host, port: server.port };
  return [options, (password) => (options.password = password)];
};
const inGetter = (): Given => {
  let current = first.password;
  const options = {
    host: server.host,
    port: server.port,
    username: first.username,
    get password() {
      return current;
    },
  };
  return [options, (password) => (current = password)];
};
const inClient = (Client: typeof Redis) => (): Given => {
  const client = new Client({ ...first, host: server.host, port: server.port, lazyConnect: true });
  return [client, (password) => (client.options.password = password)];
};
const inCluster = (): Given => {
  const redisOptions = { ...first };
  const client = new Cluster(cluster.startupNodes, { redisOptions, lazyConnect: true });
  return [client, (password) => (redisOptions.password = password)];
};

const kinds: [what: string, give: () => Given, nodes: () => readonly RedisServer[]][] = [
  ['options', inOptions, () => [server]],
  ['options with a getter', inGetter, () => [server]],
  ['a client', inClient(Redis), () => [server]],
  ['a client of ioredis 6', inClient(Redis6 as unknown as typeof Redis), () => [server]],
  ['a Cluster', inCluster, () => cluster.nodes],
];

describe('a password that the application changes in', () => {
  it.each(kinds)(
    '%s opens the next connections: a job keeps its lock',
    async (_, give, nodes) => {
      const admins = nodes().map((node) => node.client());
      const each = (act: (admin: Redis) => Promise<unknown>) => Promise.all(admins.map(act));
      await each((admin) => admin.flushall());
      await each((admin) => admin.acl('SETUSER', 'app', 'reset', 'on', '>first', '~*', '&*', '+@all'));
      const [redis, change] = give();
      await using app = await startService({ redis });
      const gates = new Gates();
      const work = app.service.maintain(
        'general',
        async ({ signal }) => {
          await gates.pass('work');
          return signal.aborted;
        },
        { drain: 10_000 },
      );
      await until(() => gates.begun.length > 0, { timeout: 15_000, what: 'the work' });

      await each((admin) => admin.acl('SETUSER', 'app', '>second'));
      change('second');
      await each((admin) => admin.acl('SETUSER', 'app', '<first'));
      await each((admin) => admin.client('KILL', 'USER', 'app'));
      const listening = async () => {
        const counts = (await each((admin) => admin.pubsub('NUMSUB', CHANNEL))) as [string, number][];
        return counts.some(([, count]) => count === 1);
      };
      await until(listening, { timeout: 15_000, what: 'the listening connection' });
      await app.service.refresh();
      expect(app.service.health()).toMatchObject({ up: true, error: null });
      gates.open('work');
      expect(await work).toBe(false);
      expect(app.log.join('\n')).not.toContain('WRONGPASS');
    },
    60_000,
  );
});
