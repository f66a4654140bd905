import { SetMetadata, type Type } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { createCache } from 'cache-manager';
import {
  MaintenanceConfigurationError,
  MaintenanceKey,
  MaintenanceModule,
  MaintenanceService,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import { describe, expect, it } from 'vitest';
import { failure } from './started.js';

const compile = (options: unknown) =>
  Test.createTestingModule({
    imports: [MaintenanceModule.forRoot(options as MaintenanceRootOptions)],
  }).compile();

const compileAsync = (options: unknown) =>
  Test.createTestingModule({
    imports: [
      MaintenanceModule.forRootAsync({ socket: false, admin: false, useFactory: () => options as never }),
    ],
  }).compile();

const Public = () => SetMetadata('public', true);
const Ops = SetMetadata('role', 'ops');
/** Options as a class, of which none is set. */
class Settings {
  declare secret?: string;
}

type Wrong = [option: string, value: unknown, received: string, accepted: string];

const plain: Wrong[] = [
  ['cache', 5, '5', 'cache-manager cache'],
  ['cache', {}, 'an object (Object)', 'cache-manager cache'],
  ['cache', null, 'null', 'cache-manager cache'],
  ['redis', 6379, '6379', 'redis:// or rediss:// URL'],
  // what a missing variable of the environment gives
  ['redis', undefined, 'undefined', 'redis: process.env.REDIS_URL ?? false'],
  ['redis', '', '""', 'redis: process.env.REDIS_URL ?? false'],
  ['redis', null, 'null', 'redis: process.env.REDIS_URL ?? false'],
  ['redis', true, 'true', 'redis:// or rediss:// URL'],
  ['redis', 'localhost', '"localhost"', 'redis:// or rediss:// URL'],
  ['redis', 'http://localhost', '"http://localhost"', 'redis:// or rediss:// URL'],
  ['redis', 'redis://:x:y', '"redis://:x:y"', 'redis:// or rediss:// URL'],
  ['redis', Promise.resolve(), 'an object (Promise)', 'redis:// or rediss:// URL'],
  ['redis', new Map(), 'an object (Map)', 'redis:// or rediss:// URL'],
  ['redis', new URL('redis://prod'), 'an object (URL)', 'redis:// or rediss:// URL'],
  ['redis', { url: 'redis://prod' }, 'an object', 'redis:// or rediss:// URL'],
  ['redis', { socket: { host: 'prod' } }, 'an object', 'redis:// or rediss:// URL'],
  ['redis', { rootNodes: [{ url: 'redis://prod' }] }, 'an object', 'redis:// or rediss:// URL'],
  ['redis', { host: 'prod', port: Number.NaN }, 'an object', 'redis:// or rediss:// URL'],
  ['redis', { host: 'prod', port: 70_000 }, 'an object', 'redis:// or rediss:// URL'],
  // a variable that is not set again
  [
    'redis',
    { host: undefined, port: 6380 },
    'an object (Object) with host: undefined',
    'redis:// or rediss:',
  ],
  ['redis', { host: '' }, 'with host: ""', 'redis:// or rediss:// URL'],
  ['redis', { host: 5 }, 'with host: 5', 'redis:// or rediss:// URL'],
  ['redis', { path: undefined, db: 1 }, 'with path: undefined', 'redis:// or rediss:// URL'],
  ['redis', { sentinels: [], name: 'main' }, 'with sentinels: an array of 0', 'redis:// or rediss:// URL'],
  // ioredis would take all of these for database 0, and reject later
  ['redis', { host: 'prod', db: Number.NaN }, 'with db: NaN', 'redis:// or rediss:// URL'],
  ['redis', { host: 'prod', db: '' }, 'with db: ""', 'redis:// or rediss:// URL'],
  ['redis', { host: 'prod', db: '3x' }, 'with db: "3x"', 'redis:// or rediss:// URL'],
  ['redis', { host: 'prod', db: -1 }, 'with db: -1', 'redis:// or rediss:// URL'],
  ['redis', { host: 'prod', db: 1.5 }, 'with db: 1.5', 'redis:// or rediss:// URL'],
  ['redis', 'redis://prod?db=', '"redis://prod?***"', 'redis:// or rediss:// URL'],
  ['redis', 'redis://prod?db=x', '"redis://prod?***"', 'redis:// or rediss:// URL'],
  ['redis', 'unix:///r.sock?db=1.5', '"unix:///r.sock?***"', 'redis:// or rediss:// URL'],
  ['redis', '/r.sock?db=undefined', '"/r.sock?***"', 'redis:// or rediss:// URL'],
  // what other libraries call it
  ...['uri', 'hostname', 'connection', 'options', 'config', 'client', 'nodes'].map((name): Wrong => [
    'redis',
    { [name]: 'prod', port: 6379 },
    `with "${name}", which is no option of ioredis`,
    'redis:// or rediss:// URL',
  ]),
  ['redis', [], 'an array of 0', 'redis:// or rediss:// URL'],
  ['namespace', '', '""', 'letters, digits'],
  ['namespace', 'a{b}', '"a{b}"', 'letters, digits'],
  ['namespace', 'a'.repeat(65), 'aaa', 'at most 64'],
  ['namespace', 7, '7', 'letters, digits'],
  ['namespace', '_shop', '"_shop"', 'the first of them a letter or a digit'],
  ['keys', new MaintenanceKey('a'), 'an object (MaintenanceKey)', 'an array of MaintenanceKey'],
  ['keys', [new MaintenanceKey('a'), 'b'], '"b" at index 1', 'an array of MaintenanceKey'],
  ['keys', { a: 1 }, 'an object (Object)', 'an array of MaintenanceKey'],
  ['statusCode', 201, '201', '200 or an HTTP error status, 400 to 599'],
  ['statusCode', 302, '302', '400 to 599'],
  ['statusCode', 600, '600', '400 to 599'],
  ['statusCode', '503', '"503"', '400 to 599'],
  ['statusCode', 503.5, '503.5', '400 to 599'],
  ['statusCode', Number.NaN, 'NaN', '400 to 599'],
  ['refreshDelay', 0, '0', 'whole milliseconds'],
  ['refreshDelay', -1, '-1', 'whole milliseconds'],
  ['refreshDelay', 60, '60', 'whole milliseconds, 1000 to'],
  ['refreshDelay', 999, '999', 'whole milliseconds, 1000 to'],
  ['refreshDelay', 1.5, '1.5', 'whole milliseconds'],
  ['refreshDelay', 2 ** 31, '2147483648', '2147483647'],
  ['refreshDelay', '60s', '"60s"', 'whole milliseconds'],
  ['refreshDelay', Infinity, 'Infinity', 'whole milliseconds'],
  ['template', '', '""', 'a view name or a function'],
  ['template', 3, '3', 'a view name or a function'],
  ['ignorePaths', '/health', '"/health"', 'an array of paths'],
  ['ignorePaths', ['/a', ''], '"" at index 1', 'an array of paths'],
  ['ignorePaths', ['/a', '/'], '"/" at index 1', 'not "/" itself'],
  ['ignorePaths', [/health/], 'an object (RegExp) at index 0', 'an array of paths'],
  ...[
    '/api/*',
    '*',
    '/a?',
    '/files{/:name}',
    '/[ab]',
    '/(a|b)',
    '^/api',
    '/api$',
    '/a\\d',
    '/',
    '//',
    '/a/../b',
    './a',
    'https://example.com/a',
    '/a#b',
    '/api/+',
    '/api/(x)',
    '/caf%C3%A9',
    ' /a',
  ].map((path): Wrong => ['ignorePaths', ['/a', path], ' at index 1', 'without patterns']),
  ['responseType', 'xml', '"xml"', "'html', 'json' or a function"],
  ['responseType', true, 'true', "'html', 'json' or a function"],
  ['redirect', 'status', '"status"', 'begins with one "/"'],
  ['redirect', 'https://evil.example', '"https://evil.example"', 'begins with one "/"'],
  ['redirect', '//evil.example', '"//evil.example"', 'begins with one "/"'],
  ['redirect', '/\\evil.example', '"/\\\\evil.example"', 'begins with one "/"'],
  ['redirect', '/a\r\nSet-Cookie: x', 'Set-Cookie', 'begins with one "/"'],
  ['redirect', '/geschlossen für heute', 'für heute', 'percent-encoded'],
  ['bypass', [], 'an array of 0', 'an object with when, ips, secret, cookie'],
  ['bypass', true, 'true', 'an object with when, ips, secret, cookie'],
  ['permissions', true, 'true', 'a function'],
  ['translate', {}, 'an object (Object)', 'a function'],
  ['languages', [], 'an array of 0', 'at least one language tag'],
  ['languages', 'de', '"de"', 'at least one language tag'],
  ['languages', ['en', 'de_DE'], '"de_DE" at index 1', 'at least one language tag'],
  ['onStale', 'wait', '"wait"', "'serve' or 'block'"],
  ['commandTimeout', 0, '0', 'whole milliseconds'],
  ['commandTimeout', 60_001, '60001', '60000'],
  ['commandTimeout', '1s', '"1s"', 'whole milliseconds'],
  ['callTimeout', 0, '0', 'whole milliseconds'],
  ['callTimeout', 60_001, '60001', '60000'],
  ['onUnknown', 'wait', '"wait"', "'serve' or 'block'"],
  ['lease', 3, '3', 'whole milliseconds, 500 to'],
  ['presumedDead', -1, '-1', 'whole milliseconds'],
  // below the lease, which is 3 s by default
  ['presumedDead', 2_999, '2999', 'at least the "lease" (3000)'],
  ['foreignKeys', 'billing', '"billing"', 'an array of names'],
  ['foreignKeys', [''], '"" at index 0', 'an array of names'],
  ['followCalls', 'yes', '"yes"', 'a boolean'],
  ['reloadRate', 0, '0', 'page loads per second'],
  ['reloadRate', 1.5, '1.5', 'whole page loads per second'],
  ['refusalHeaders', 'X-A', '"X-A"', 'headers by name'],
  ['refusalHeaders', ['X-A'], '"X-A" at index 0', 'headers by name'],
  ['refusalHeaders', { 'X A': 'a' }, 'an object (Object)', 'headers by name'],
  [
    'refusalHeaders',
    [{ 'X-A': 'a' }, { 'X-A': 'a\r\nb' }],
    'an object (Object) at index 1',
    'headers by name',
  ],
  ['refusalHeaders', { 'Content-Length': '7' }, 'an object (Object)', 'not Content-Length'],
  ['refusalHeaders', { 'X-A': 7 }, 'an object (Object)', 'headers by name'],
  // objects without fields of their own would pass for no options at all
  ['refusalHeaders', new Headers({ 'X-A': 'a' }), 'an object (Headers)', 'headers by name'],
  ['refusalHeaders', [new Map([['X-A', 'a']])], 'an object (Map) at index 0', 'headers by name'],
  ['bypass', Promise.resolve({ ips: ['10.0.0.1'] }), 'an object (Promise)', 'an object with when'],
  ['history', new Date(0), '1970-01-01T00:00:00.000Z', 'an object with keep'],
  ['general', new Map([['label', 'Shop']]), 'an object (Map)', 'an object with label'],
  ['baseUrl', 'shop', '"shop"', 'begins with one "/"'],
  ['baseUrl', '/große', '"/große"', 'percent-encoded'],
  ['baseUrl', 'https://example.com/shop?a=1', '"https://example.com/shop?a=1"', 'URL with such a path'],
  ['general', [], 'an array of 0', 'an object with label'],
];

const SECRET = 'a-secret-of-at-least-32-characters';

const nested: [option: string, value: MaintenanceRootOptions, received: string, accepted: string][] = [
  ['bypass.when', { bypass: { when: true as never } }, 'true', 'a function'],
  ['bypass.ips', { bypass: { ips: '10.0.0.1' as never } }, '"10.0.0.1"', 'addresses and CIDR'],
  ...['010.0.0.5', '10.0.0.5:1234', 'unknown', '10.0.0.0/33', '::/129', '10.0.0.0/8/8', '10.0.0.0/', ''].map(
    (ip): [string, MaintenanceRootOptions, string, string] => [
      'bypass.ips',
      { bypass: { ips: ['10.0.0.5', ip] } },
      `"${ip}" at index 1`,
      'addresses and CIDR',
    ],
  ),
  ['bypass.secret', { bypass: { secret: '' } }, 'an empty string', 'at least 32 characters'],
  ['bypass.secret', { bypass: { secret: 42 as never } }, '42', 'at least 32 characters'],
  ['bypass.secret', { bypass: { secret: 's'.repeat(31) } }, 'a string of 31', 'at least 32 characters'],
  ['bypass.secret', { bypass: { secret: [] } }, 'an array of 0', 'an array of such strings'],
  ['bypass.secret', { bypass: { secret: [SECRET, 'short'] } }, 'an array of 2', 'at least 32 characters'],
  ['bypass.cookie', { bypass: { cookie: true as never } }, 'true', 'domain, secure'],
  ['bypass.cookie.domain', { bypass: { cookie: { domain: '.a b' } } }, '".a b"', 'a host name'],
  ['bypass.cookie.secure', { bypass: { cookie: { secure: 1 as never } } }, '1', 'a boolean'],
  ['general.timeout', { general: { timeout: 60 } }, '60', '0 for ever, or at least 1000'],
  ['general.label', { general: { label: 5 as never } }, '5', 'a string'],
  [
    'general.ignorePaths',
    { general: { ignorePaths: ['/api/*'] } },
    '"/api/*" at index 0',
    'without patterns',
  ],
];

const structural: Wrong[] = [
  ['isGlobal', 'yes', '"yes"', 'a boolean'],
  ['guard', 1, '1', 'a boolean'],
  ['guard', 'last', '"last"', "'first' or 'in-order'"],
  ['decorators', ['Public'], '"Public" at index 0', 'class decorators'],
  ['decorators', [Ops, Public], 'function Public at index 1', 'such as [Public()]'],
  ['decorators', [class Guard {}, Ops], 'function Guard at index 0, which failed', 'class decorators'],
  ['path', '', '""', 'a path of letters'],
  ['path', '/', '"/"', 'a path of letters'],
  ['path', 'a//b', '"a//b"', 'a path of letters'],
  ['path', 'a/../b', '"a/../b"', 'a path of letters'],
  ['path', ':id', '":id"', 'a path of letters'],
  ['path', ['a'], 'an array of 1', 'a path of letters'],
  ['coverage', 'all', '"all"', "'handlers' or 'site'"],
  ['socket', 'yes', '"yes"', 'a boolean or an object'],
  ['admin', null, 'null', 'a boolean or an object'],
  ['admin', Promise.resolve({ title: 'Shop' }), 'an object (Promise)', 'a boolean or an object'],
  ['socket', new Map([['namespace', '/m']]), 'an object (Map)', 'a boolean or an object'],
];

const structuralNested: [option: string, value: MaintenanceRootOptions, received: string][] = [
  ['socket.namespace', { socket: { namespace: '' } }, '""'],
  ['socket.namespace', { socket: { namespace: '/a b' } }, '"/a b"'],
  ['socket.namespace', { socket: { namespace: '//a' } }, '"//a"'],
  ['socket.path', { socket: { path: 'socket' } }, '"socket"'],
  ['socket.cors', { socket: { cors: '*' as never } }, '"*"'],
  ['socket.origins', { socket: { origins: ['example.com'] } }, '"example.com" at index 0'],
  ['socket.url', { socket: { url: 'https://a' as never } }, '"https://a"'],
  ['admin.origins', { admin: { origins: ['example.com'] } }, '"example.com" at index 0'],
  ['admin.loginUrl', { admin: { loginUrl: 'login' } }, '"login"'],
  ['admin.loginUrl', { admin: { loginUrl: 'javascript:alert(1)' } }, '"javascript:alert(1)"'],
  ['admin.guards', { admin: { guards: [true as never] } }, 'true at index 0'],
  ['admin.title', { admin: { title: '' } }, '""'],
  ['admin.environment', { admin: { environment: 1 as never } }, '1'],
  ['admin.origins', { admin: { origins: ['shop.example'] } }, '"shop.example" at index 0'],
  ['admin.loginUrl', { admin: { loginUrl: 'login' } }, '"login"'],
  ['admin.loginUrl', { admin: { loginUrl: '//evil.example' } }, '"//evil.example"'],
  ['admin.loginUrl', { admin: { loginUrl: 'javascript:alert(1)' } }, '"javascript:alert(1)"'],
  ['admin.loginPaths', { admin: { loginPaths: ['login'] } }, '"login" at index 0'],
];

/** An error whose message names, in this order, the option, what was received and what is accepted. */
function clear(option: string, received: string, accepted: string): object {
  const parts = [`"${option}" received `, received, 'accepted: ', accepted].map((part) =>
    part.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&'),
  );
  return {
    name: 'MaintenanceConfigurationError',
    option,
    message: expect.stringMatching(new RegExp(parts.join('.*'), 's')) as string,
  };
}

describe('a wrong option stops the start with an error that says what is accepted', () => {
  it.each(plain)('%s: %o', async (option, value, received, accepted) => {
    const given = { socket: false, admin: false, [option]: value };
    expect(await failure(compile(given))).toMatchObject(clear(option, received, accepted));
    expect(await failure(compileAsync({ [option]: value }))).toMatchObject(clear(option, received, accepted));
  });

  it.each(nested)('%s: %o', async (option, value, received, accepted) => {
    expect(await failure(compile({ socket: false, admin: false, ...value }))).toMatchObject(
      clear(option, received, accepted),
    );
    expect(await failure(compileAsync(value))).toMatchObject(clear(option, received, accepted));
  });

  it.each(structural)('%s: %o', async (option, value, received, accepted) => {
    expect(await failure(compile({ [option]: value }))).toMatchObject(clear(option, received, accepted));
    const beside = MaintenanceModule.forRootAsync({ useFactory: () => ({}), [option]: value });
    const started = Test.createTestingModule({ imports: [beside] }).compile();
    expect(await failure(started)).toMatchObject(clear(option, received, accepted));
  });

  it.each(structuralNested)('%s: %o', async (option, value, received) => {
    expect(await failure(compile(value))).toMatchObject(clear(option, received, 'a'));
  });

  it.each([null, 'redis://x', 5, [], new Map()])('invalid options: %o', async (value) => {
    const error = await failure(compile(value));
    expect(error).toBeInstanceOf(MaintenanceConfigurationError);
    expect(error.message).toMatch(/"options" received .+; accepted: an object\./);
    expect(await failure(compileAsync(value))).toBeInstanceOf(MaintenanceConfigurationError);
  });

  it('a promise of options, which needs forRootAsync()', async () => {
    const error = await failure(compile(Promise.resolve({ path: 'ops' })));
    expect(error).toMatchObject(clear('options', 'an object (Promise)', 'an object'));
  });

  it.each([
    ['nameSpace', { nameSpace: 'x' }],
    ['bypass.ip', { bypass: { ip: ['10.0.0.1'] } }],
    ['socket.port', { socket: { port: 1 } }],
    ['admin.guard', { admin: { guard: [] } }],
  ])('the unknown option %s, with the known ones', async (option, value) => {
    const error = await failure(compile(value));
    expect(error).toMatchObject({ name: 'MaintenanceConfigurationError', option });
    expect(error.message).toMatch(/Unknown maintenance option ".+"; accepted: \w.+\./);
  });

  it('both redis and cache', async () => {
    const both = { redis: 'redis://127.0.0.1:1', cache: createCache(), socket: false, admin: false };
    const error = await failure(compile(both));
    expect(error).toBeInstanceOf(MaintenanceConfigurationError);
    expect(error.message).toMatch(/"cache" and "redis" were both given/);
  });

  it('does not throw at import: forRoot() itself never does', () => {
    expect(() => MaintenanceModule.forRoot({ statusCode: 1, path: '' } as never)).not.toThrow();
    expect(() => MaintenanceModule.forRoot(null as never)).not.toThrow();
    expect(() => MaintenanceModule.forRootAsync(undefined as never)).not.toThrow();
  });
});

describe('an error never shows a secret', () => {
  it.each([
    { redis: 'http://user:hunter2@redis.example:6379/0' },
    { redis: 'user:hunter2@redis.example' },
    { redis: 'redis://:hunter2/@:@redis.example:99999' },
    { redis: 'https://redis.example/?password=hunter2' },
    { cache: 'redis://:hunter2@redis.example' },
    { bypass: 'hunter2' },
    { bypass: { secret: ['hunter2'] } },
    { bypass: { secret: { hunter2: 1 } } },
    { redis: [{ password: 'hunter2' }] },
    { bypass: { secret: 'hunter2', ips: ['x'] } },
  ])('%o', async (given) => {
    const error = await failure(compile({ socket: false, admin: false, ...given }));
    expect(error).toBeInstanceOf(MaintenanceConfigurationError);
    expect(`${error.message} ${error.stack} ${JSON.stringify(error)}`).not.toContain('hunter2');
  });

  it('shows the rest of a URL', async () => {
    const error = await failure(
      compile({ socket: false, admin: false, redis: 'http://u:p@redis.example:6379' }),
    );
    expect(error.message).toContain('"http://***@redis.example:6379"');
  });
});

describe('valid options', () => {
  it.each<MaintenanceRootOptions>([
    // beside an address, a name of others means something else
    { redis: { host: '127.0.0.1', port: 1, options: {}, client: 'shop' } as never },
    {},
    { statusCode: 400, refreshDelay: 1_000, callTimeout: 1, commandTimeout: 60_000, onStale: 'block' },
    { namespace: 'shop:eu-1.prod_2' },
    { statusCode: 200 },
    { redis: false },
    { redis: false, cache: createCache() },
    { redis: { host: undefined, path: '/nowhere.sock', db: '3' } },
    { redis: { host: '127.0.0.1', path: undefined, sentinels: undefined, port: 1, db: null } },
    { redis: { port: 1 } },
    { redis: '/nowhere.sock?db=3' },
    { ignorePaths: ['/health', 'users/:id', '/c++', '/$metadata', '/Products(1)', '/api/'] },
    { general: { label: 'Shop', helpText: '', timeout: 0, template: 'view', ignorePaths: [] } },
    { general: { label: undefined } },
    { guard: 'first', decorators: [] },
    { guard: 'in-order' },
    { onUnknown: 'block', lease: 500, presumedDead: 500, foreignKeys: true, followCalls: true },
    {
      languages: ['en', 'pt-BR'],
      refusalHeaders: [{ 'X-A': 'a' }, () => ({ 'X-B': 'b' })],
      baseUrl: '/shop',
      reloadRate: 1,
    },
    { ignorePaths: [], keys: [], bypass: {} },
    { bypass: { ips: ['10.0.0.5', '10.0.0.0/8', '::1', 'fe80::/10', '::ffff:10.0.0.5'], secret: SECRET } },
    { bypass: { secret: [SECRET, `${SECRET}-2`], cookie: { domain: 'shop.example.com', secure: true } } },
    {
      template: () => '<p>',
      responseType: () => 'json',
      redirect: '/status?x=1#y',
      translate: (text) => text,
    },
    { path: '/ops/maintenance/' },
    { cache: createCache() },
    { coverage: 'site', guard: false, isGlobal: false },
    { bypass: new Settings(), general: Object.create(null) as object },
    { decorators: [Ops, ((cls: Type) => class extends cls {}) as ClassDecorator] },
    { statusCode: undefined, cache: undefined, path: undefined, bypass: undefined },
  ])('%o', async (options) => {
    const module = await compile({ socket: false, admin: false, ...options });
    expect(module.get(MaintenanceService, { strict: false }).isInMaintenance().value).toBe(false);
    await module.close();
  });
});
