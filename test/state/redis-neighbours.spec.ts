import { createHash, randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeBody, stampBody } from '../../lib/core/document/codec.js';
import type { KeyRecord } from '../../lib/core/document/record.js';
import { RedisStore } from '../../lib/core/store/redis/redis-store.js';
import type { News, StateStore } from '../../lib/core/store/store.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { notice, presence, writing } from './documents.js';
import { startService, type Running } from './service.js';

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.stop());

describe('two applications with the same namespace on one Redis', () => {
  const kinds: [string, () => [object | string, object | string]][] = [
    ['in two databases, by URL', () => [`${server.url}/1`, `${server.url}/2`]],
    ['in two databases, by client', () => [server.client({ db: 3 }), server.client({ db: 4 })]],
    [
      'with two prefixes of keys',
      () => [
        { host: server.host, port: server.port, keyPrefix: 'one:' },
        { host: server.host, port: server.port, keyPrefix: 'two:' },
      ],
    ],
    ['with a prefix and without', () => [server.client({ keyPrefix: '0:' }), server.url]],
  ];

  it.each(kinds)('are independent (%s)', async (_, inputs) => {
    const [first, second] = inputs();
    await using one = await startService({ redis: first });
    await using same = await startService({ redis: first });
    await using other = await startService({ redis: second });
    expect(await one.service.replicas()).toHaveLength(2);
    expect(await other.service.replicas()).toHaveLength(1);
    await one.service.setMaintenance(true, 'general', { message: 'ours' });
    await until(() => same.isOn(), { what: 'the push to reach the same application' });
    await one.service.setMaintenance(false);
    await until(() => !same.isOn());
    await other.service.setMaintenance(true);
    await other.service.refresh();
    await one.service.refresh();
    expect(other.changes.map(({ message }) => message)).toEqual([null]);
    expect([one.isOn(), other.isOn()]).toEqual([false, true]);
    await other.service.unsetMaintenance();
  });
});

const soon = () => performance.now() + 5_000;
const listener = presence({ id: 'listener' });
const some = (before?: KeyRecord) => writing('general', { switch: notice() }, before);
/** What a push of a record says after the version before. */
const told = ({ record }: ReturnType<typeof some>): string =>
  `h.9.${record.write}\ngeneral\n${stampBody(encodeBody(record), record.write, record.change)}`;
const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex');
const signed = (secret: string, before: string, text: string): string =>
  `s${sha1(secret + sha1(`${secret}${before}\n${text}`))}${before}\n${text}`;

describe('a push', () => {
  let count = 0;

  /** A store that listens, what it heard, and what a neighbour can do. */
  async function listen(): Promise<{
    store: StateStore;
    heard: (News | undefined)[];
    key: (part: string) => string;
    publish: (message: string) => Promise<unknown>;
    [Symbol.asyncDispose](): Promise<void>;
  }> {
    const namespace = `push-${++count}`;
    const heard: (News | undefined)[] = [];
    const quiet = () => undefined;
    const store = new RedisStore(server.url, namespace, {
      commandTimeout: 1_000,
      replicaLease: 3_000,
      lockLease: 6_000,
    });
    await store.start(
      { pushed: (news) => heard.push(news), reconnected: quiet, woken: quiet, warn: quiet },
      soon(),
    );
    await store.sync(null, listener, soon());
    await until(() => heard.length === 1, { what: 'the subscription' });
    heard.length = 0;
    const key = (part: string): string => `${namespace}:{${namespace}}:${part}`;
    const publish = (message: string) => server.client().publish(key('changes:0:'), message);
    return { store, heard, key, publish, [Symbol.asyncDispose]: () => store.stop() };
  }

  it.each([
    ['in an older format', (text: string) => `s\n${text}`],
    ['with an empty signature', (text: string) => `s${'0'.repeat(40)}\n${text}`],
    ['signed with another secret', (text: string) => signed(randomBytes(32).toString('base64url'), '', text)],
    ['signed without a secret', (text: string) => signed('', '', text)],
    ['truncated', () => 's'],
    ['without content', () => ''],
    ['of another type', (text: string) => `x${text}`],
  ])('%s only triggers a read', async (_, forge) => {
    await using ground = await listen();
    expect(await ground.publish(forge(told(some())))).toBe(1);
    await until(() => ground.heard.length === 1);
    expect(ground.heard).toEqual([undefined]);
  });

  it('of a record that was tampered with is not trusted', async () => {
    await using ground = await listen();
    const subscriber = server.client();
    const caught = new Promise<string>((resolve) => subscriber.on('message', (_, text) => resolve(text)));
    await subscriber.subscribe(ground.key('changes:0:'));
    const written = some();
    const { version, outcomes } = await ground.store.write([written], '', soon());
    const message = await caught;
    await until(() => ground.heard.length === 1);
    expect(ground.heard).toEqual([{ name: 'general', record: outcomes[0], version, before: '' }]);
    await ground.publish(message.replace('"announced":false', '"announced":true '));
    await ground.publish(`${message} `);
    await until(() => ground.heard.length === 3);
    expect(ground.heard.slice(1)).toEqual([undefined, undefined]);
  });

  it('is trusted again once the new secret is known', async () => {
    await using ground = await listen();
    const { store, heard } = ground;
    const first = await server.client().get(ground.key('secret'));
    expect(first).toMatch(/^[\w-]{43}$/);
    await server.client().set(ground.key('secret'), 'guessed');
    const { version, outcomes } = await store.write([some()], '', soon());
    const second = await server.client().get(ground.key('secret'));
    expect(second).toMatch(/^[\w-]{43}$/);
    expect(second).not.toBe(first);
    await until(() => heard.length === 1);
    expect(heard).toEqual([undefined]);
    await store.sync(version, listener, soon());
    await store.write([some(outcomes[0] as KeyRecord)], version, soon());
    await until(() => heard.length === 2);
    expect(heard[1]).toMatchObject({ before: version });
  });

  it('of a longer record triggers a read', async () => {
    await using ground = await listen();
    const long = writing('general', { switch: notice({ message: 'x'.repeat(70_000) }) });
    await ground.store.write([long], '', soon());
    await until(() => ground.heard.length === 1);
    expect(ground.heard).toEqual([undefined]);
  });
});

describe('a neighbour with permission to publish and listen, and nothing else', () => {
  const CHANNEL = 'maintenance:{maintenance}:changes:0:';
  let neighbour: Redis;
  beforeAll(async () => {
    await server.client().flushall();
    await server.client().acl('SETUSER', 'neighbour', 'on', '>pw', 'allchannels', '+publish', '+subscribe');
    neighbour = server.client({ username: 'neighbour', password: 'pw', enableReadyCheck: false });
  });

  it('neither closes nor opens the site, and none of their content is written', async () => {
    const own = server.client({ username: 'neighbour', password: 'pw', enableReadyCheck: false });
    const caught: string[] = [];
    own.on('message', (_, message: string) => caught.push(message));
    await own.subscribe(CHANNEL);
    await using one = await startService({ redis: server.url });
    await using two = await startService({ redis: server.url });
    const attack = async (apps: Running[]): Promise<void> => {
      const stored = await server.client().hgetall('maintenance:{maintenance}:records');
      const [, history, revision, write] = stored[':head']?.split(' ') ?? [];
      const before = write === undefined ? '' : `${history}.${revision}.${write}`;
      const forged = told(some());
      for (const message of [
        `s${before}\n${forged}`,
        signed('x'.repeat(43), before, forged),
        ...caught,
        ...caught.map((text) => `${text.slice(0, 41)}${before}\n${forged}`),
      ]) {
        await neighbour.publish(CHANNEL, message);
      }
      await Promise.all(apps.map(({ service }) => service.refresh()));
      expect(await server.client().hgetall('maintenance:{maintenance}:records')).toEqual(stored);
    };
    await attack([one, two]);
    expect([one.isOn(), two.isOn()]).toEqual([false, false]);
    await one.service.setMaintenance(true);
    await until(() => two.isOn());
    await attack([one, two]);
    await one.service.setMaintenance(false);
    await until(() => !two.isOn());
    await attack([one, two]);
    expect([one.isOn(), two.isOn()]).toEqual([false, false]);
    expect([one.changes.length, two.changes.length]).toEqual([2, 2]);
    expect(caught.length).toBeGreaterThan(2);
  });
});
