import type { StoreRow } from '../corpus.js';

const inRedis = (
  name: string,
  redis: NonNullable<StoreRow['redis']>,
  why: string,
  more: Partial<StoreRow> = {},
): StoreRow => ({ name, redis, means: 'damage', why, ...more });
const inCache = (name: string, cache: NonNullable<StoreRow['cache']>, why: string): StoreRow => ({
  name,
  cache,
  means: 'damage',
  why,
});

/** What only Redis can hold. */
export const redisOnly: StoreRow[] = [
  inRedis('bytes', (client, name) => client.set(name('records'), Buffer.from([0xff, 0, 0xfe])), 'not text'),
  inRedis('a list', (client, name) => client.rpush(name('records'), 'a', 'b'), 'another type'),
  inRedis('a hash', (client, name) => client.hset(name('records'), 'v', '1'), 'another type'),
  inRedis('a set', (client, name) => client.sadd(name('records'), 'a'), 'another type'),
  inRedis('a sorted set', (client, name) => client.zadd(name('records'), 'inf', 'a'), 'another type'),
  inRedis('a stream', (client, name) => client.xadd(name('records'), '*', 'a', 'b'), 'another type'),
  inRedis('bits', (client, name) => client.setbit(name('records'), 8_000_000, 1), 'not text'),
  inRedis('nothing any more', (client, name) => client.del(name('records')), 'gone', { means: 'nothing' }),
  inRedis(
    'leases of another type',
    (client, name) => client.rpush(name('leases'), 'a'),
    'no lock can be had',
    {
      means: 'nothing',
      locks: false,
    },
  ),
  inRedis('fences of another type', (client, name) => client.set(name('fences'), 'a'), 'no lock can be had', {
    means: 'nothing',
    locks: false,
  }),
  inRedis(
    'invalid leases',
    (client, name) =>
      client.hset(name('leases'), {
        'lock:billing': 'HOSTILE',
        billing: '|||',
        'key:billing': '|1e999',
        '': '',
        __proto__: 'x|-1',
      }),
    'nobody’s',
    { means: 'nothing' },
  ),
  ...['x', '-1', '1e400', 'inf', 'nan', '0x10', '9007199254740991', ''].map((fence) =>
    inRedis(`fence ${fence}`, (client, name) => client.hset(name('fences'), 'billing', fence), 'grows on', {
      means: 'nothing',
    }),
  ),
  inRedis(
    'invalid replicas',
    (client, name) =>
      client.hset(name('replicas'), {
        a: 'HOSTILE',
        b: '9999999999999|1|x|HOSTILE',
        c: '9999999999999|1|x|null',
        d: '9999999999999|1|x|{"id":1}',
        e: '1e999|1|x|{}',
        f: '9999999999999|1|x|{"id":"f","host":"h","pid":1,"write":"x","revision":0,"inFlight":0,"draining":{"h":1}}',
        g: '9999999999999|1|x|[]',
        __proto__: '',
      }),
    'nobody’s',
    { means: 'nothing' },
  ),
];

/** What only the storage behind a cache can hold. */
export const cacheOnly: StoreRow[] = [
  inCache('text that is not an entry', () => 'HOSTILE', 'not JSON'),
  inCache('half an entry', (entry) => entry.slice(0, -9), 'truncated'),
  inCache('an empty text', () => '', 'not JSON'),
  inCache('an entry without a value', () => '{}', 'not a document'),
  inCache('an entry that is a list', () => '[1]', 'not a document'),
  inCache('an entry that is a number', () => '1', 'not a document'),
  inCache('an entry whose value is an object', () => '{"value":{"v":1},"expires":null}', 'not text'),
  inCache('an entry whose value is null', () => '{"value":null}', 'not text'),
  inCache('an object', () => ({ value: { v: 1, keys: [] } }), 'not text'),
  inCache('a ring', () => ring(), 'not text'),
  inCache('a number that JSON does not know', () => ({ value: 1n }), 'not text'),
  inCache('bytes', () => ({ value: Buffer.from('HOSTILE') }), 'not text'),
  inCache(
    'a prototype',
    () => ({ value: JSON.parse('{"__proto__":{"operator":true}}') as unknown }),
    'not text',
  ),
];

function ring(): object {
  const value: Record<string, unknown> = { name: 'HOSTILE' };
  value['value'] = value;
  return { value };
}
