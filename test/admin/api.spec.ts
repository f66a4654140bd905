import { HttpException } from '@nestjs/common';
import { createCache } from 'cache-manager';
import { Redis } from 'ioredis';
import {
  MaintenanceConfigurationError,
  MaintenanceKey,
  MaintenanceModule,
  MaintenanceService,
  MaintenanceStoreError,
  MaintenanceVetoError,
  OnMaintenance,
  type MaintenanceKeyJson,
} from 'nestjs-maintenance';
import { describe, expect, it } from 'vitest';
import { adapters, createExpressApp } from '../support/apps.js';
import { request } from '../support/http.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { adminModule, ALL, as, IMPORT } from './operators.js';

type Changed = MaintenanceKeyJson & { change?: { from: boolean; to: boolean; revision: number } };
interface Problem {
  statusCode: number;
  error: string;
  message: string;
}

const KEYS = ['general', 'import-export', 'checkout'];

describe.each(adapters)('admin API on %s', (_name, createApp) => {
  const start = (options?: Parameters<typeof adminModule>[0], providers: never[] = []) =>
    createApp({ imports: [adminModule(options)], providers });

  const routes = [
    ['GET', 'admin', ['see_menu_item', 'see_info'], 200, 403],
    ['GET', 'admin/state', ['see_menu_item', 'see_info'], 200, 403],
    ['GET', 'menu', ['see_menu_item'], 200, 204],
    ['GET', 'keys', ['see_info'], 200, 403],
    ['GET', 'keys/general', ['see_info'], 200, 403],
    ['PUT', 'keys/general', ['toggle_maintenance_mode'], 200, 403],
    ['PATCH', 'keys/general', ['toggle_maintenance_mode'], 200, 403],
    ['DELETE', 'keys/general', ['toggle_maintenance_mode'], 200, 403],
    ['GET', 'replicas', ['see_info'], 200, 403],
    ['GET', 'windows', ['see_info'], 200, 403],
  ] as const;

  it('requires exactly the permissions that each route needs', async () => {
    await using running = await start();
    const subsets = Array.from({ length: 8 }, (_, bits) =>
      ALL.split(',').filter((_, at) => bits & (1 << at)),
    );
    for (const [method, path, needed, allowed, denied] of routes) {
      for (const may of subsets) {
        const json = method === 'PUT' || method === 'PATCH' ? { json: { mode: true } } : {};
        const answer = await as(may.join(','), running.port, `/maintenance/${path}`, { method, ...json });
        const expected = needed.every((permission) => may.includes(permission)) ? allowed : denied;
        expect(answer.status, `${method} ${path} with ${may}`).toBe(expected);
        expect(answer.headers['cache-control']).toBe('no-store');
        const missing = needed.find((permission) => !may.includes(permission));
        expect(answer.text.includes(`This needs the permission \\"${missing}\\".`)).toBe(expected === 403);
      }
    }
  });

  it('denies everything to everybody without any options, and logs it once', async () => {
    await using running = await createApp({ imports: [MaintenanceModule.forRoot({ socket: false })] });
    for (const [method, path, , , denied] of routes) {
      const answer = await as(ALL, running.port, `/maintenance/${path}`, { method, json: { mode: true } });
      expect(answer.status, `${method} ${path}`).toBe(denied);
      expect(answer.text).toMatch(denied === 403 ? /"permissions\\" is not set/ : /^$/);
    }
    expect(running.log.filter((line) => line.includes('"permissions" is not set'))).toHaveLength(1);
  });

  it('switches on and off, and answers with the resulting state', async () => {
    await using running = await start();
    const service = running.app.get(MaintenanceService);
    const until = new Date(Date.now() + 3_600_000);
    const on = await as(ALL, running.port, '/maintenance/keys/import-export', {
      method: 'PUT',
      json: { mode: true, until: until.toISOString(), message: 'Back soon', reason: 'OPS-1' },
      headers: { 'x-user': 'Ada' },
    });
    expect(on.status).toBe(200);
    expect(on.json<Changed>()).toMatchObject({
      name: 'import-export',
      value: true,
      label: IMPORT.label,
      until: until.toISOString(),
      message: 'Back soon',
      reason: 'OPS-1',
      actor: 'Ada',
      change: { from: false, to: true },
    });
    expect(service.isInMaintenance(undefined, 'import-export').value).toBe(true);
    const data = await as(ALL, running.port, '/maintenance/keys');
    expect(data.json()).toEqual(await service.getKeyData());
    expect(Object.keys(data.json<object>())).toEqual(KEYS);

    const off = await as(ALL, running.port, '/maintenance/keys/import-export', {
      method: 'PUT',
      json: { mode: false },
    });
    expect(off.json<Changed>()).toMatchObject({ value: false, change: { from: true, to: false } });
    expect(service.isInMaintenance(undefined, 'import-export').value).toBe(false);
  });

  it('changes only the given fields with PATCH, and all of them with PUT', async () => {
    await using running = await start();
    const write = async (method: 'PUT' | 'PATCH', json: object) =>
      (await as(ALL, running.port, '/maintenance/keys/general', { method, json })).json<Changed>();
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const words = { message: 'Back soon', reason: 'OPS-1' };
    expect(await write('PATCH', { mode: true, until, ...words })).toMatchObject({
      value: true,
      until,
      ...words,
    });
    expect(await write('PATCH', { message: 'Nearly there' })).toMatchObject({
      until,
      message: 'Nearly there',
      reason: 'OPS-1',
    });
    const later = new Date(Date.now() + 7_200_000).toISOString();
    expect(await write('PATCH', { until: later })).toMatchObject({ until: later, message: 'Nearly there' });
    expect(await write('PATCH', { message: null, reason: '' })).toMatchObject({
      until: later,
      message: null,
      reason: null,
    });
    const net = await write('PATCH', { until: null, reason: 'OPS-2' });
    expect(net).toMatchObject({ until: null, reason: 'OPS-2' });
    expect(Date.parse(net.endsAt ?? '')).toBeGreaterThan(Date.now());
    expect(await write('PATCH', { message: 'x' })).toMatchObject({ endsAt: net.endsAt });

    await write('PATCH', { timeout: 0, message: 'Hello' });
    const put = await write('PUT', { mode: true });
    expect(put).toMatchObject({ until: null, message: null, reason: null });
    expect(put.endsAt).not.toBeNull();
    expect(await write('PATCH', { mode: false })).toMatchObject({ value: false });
  });

  it('says what to change while a window or a job keeps a key on that is not switched on', async () => {
    await using running = await start();
    const service = running.app.get(MaintenanceService);
    const patch = async (key: string) => {
      const answer = await as(ALL, running.port, `/maintenance/keys/${key}`, {
        method: 'PATCH',
        json: { message: 'Nearly there' },
      });
      expect(answer.status).toBe(409);
      return answer.json<Problem>().message;
    };
    await service.scheduleWindow('general', { start: new Date(Date.now() + 50), duration: 3_600_000 });
    await until(() => service.isActive('general'));
    await using held = await service.maintain('import-export');
    expect(held.signal.aborted).toBe(false);
    for (const key of ['general', 'import-export']) {
      const message = await patch(key);
      expect(message).toContain(`A planned window or a job keeps maintenance key "${key}" on`);
      expect(message).toContain('it stays on afterwards');
    }
    expect(await patch('checkout')).toContain('send {"mode": true} to switch it on');
  });

  it('switches off whatever end comes with it, and takes null beside an end for left out', async () => {
    await using running = await start();
    const write = (method: 'PUT' | 'PATCH', json: object) =>
      as(ALL, running.port, '/maintenance/keys/general', { method, json });
    const until = new Date(Date.now() + 3_600_000).toISOString();
    for (const method of ['PUT', 'PATCH'] as const) {
      const on = await write(method, { mode: true, timeout: null, until });
      expect(on.json<Changed>()).toMatchObject({ value: true, until });
      for (const end of [{ timeout: 60_000 }, { until }]) {
        const off = await write(method, { mode: false, ...end });
        expect(off.json<Changed>()).toMatchObject({ value: false, until: null });
        expect(await write(method, { mode: true })).toMatchObject({ status: 200 });
      }
      expect(running.app.get(MaintenanceService).isActive('general')).toBe(true);
      const off = await write(method, { mode: false, timeout: null, until: null });
      expect(off.json<Changed>()).toMatchObject({ value: false });
    }
  });

  it('does not start maintenance when only its texts change', async () => {
    await using running = await start();
    const service = running.app.get(MaintenanceService);
    const patch = (json: object) =>
      as(ALL, running.port, '/maintenance/keys/import-export', { method: 'PATCH', json });
    const off = await patch({ message: 'x' });
    expect(off.status).toBe(409);
    expect(off.json<Problem>().message).toMatch(/^Maintenance key "import-export" is not switched on/);
    await using held = await service.maintain('import-export', { drain: false });
    expect((await patch({ message: 'x' })).status).toBe(409);
    expect((await patch({ mode: true, message: 'x' })).status).toBe(200);
    expect(held.signal.aborted).toBe(false);
  });

  it('loses none of many concurrent changes', async () => {
    await using running = await start();
    await running.app.get(MaintenanceService).setMaintenance(true);
    const patch = (json: object) =>
      as(ALL, running.port, '/maintenance/keys/general', { method: 'PATCH', json });
    const answers = await Promise.all([
      patch({ message: 'm' }),
      patch({ reason: 'r' }),
      patch({ timeout: 60_000 }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const now = (await as(ALL, running.port, '/maintenance/keys/general')).json<Changed>();
    expect(now).toMatchObject({ message: 'm', reason: 'r' });
    expect(now.until).not.toBeNull();
  });

  it('records who ended a maintenance including all holds', async () => {
    await using running = await start();
    const service = running.app.get(MaintenanceService);
    await service.setMaintenance(true);
    const changes: unknown[] = [];
    service.changes.subscribe(({ cause, actor }) => changes.push([cause, actor]));
    const headers = { 'x-user': 'Ada' };
    await as(ALL, running.port, '/maintenance/keys/general', { method: 'DELETE', headers });
    expect(changes).toEqual([['unset', 'Ada']]);
  });

  it('stays reachable while the whole site is in maintenance', async () => {
    await using running = await start();
    await running.app.get(MaintenanceService).setMaintenance(true);
    expect((await as(ALL, running.port, '/maintenance/admin')).status).toBe(200);
    expect((await as(ALL, running.port, '/maintenance/keys/general', { method: 'DELETE' })).status).toBe(200);
  });

  it('hides reason and actor from callers without see_info', async () => {
    await using running = await start();
    const answer = await as('toggle_maintenance_mode', running.port, '/maintenance/keys/general', {
      method: 'PUT',
      json: { mode: true, reason: 'secret reason', message: 'Hello' },
      headers: { 'x-user': 'secret actor' },
    });
    expect(answer.status).toBe(200);
    expect(answer.json<Changed>()).toMatchObject({ name: 'general', value: true, message: 'Hello' });
    expect(answer.text).not.toContain('secret');
  });

  it('ends a key that is stored but no longer registered with DELETE, for callers who may see it', async () => {
    const cache = createCache();
    {
      await using before = await createApp({
        imports: [adminModule({ cache, keys: [new MaintenanceKey('old')] })],
      });
      await before.app.get(MaintenanceService).setMaintenance(true, 'old');
    }
    await using running = await createApp({ imports: [adminModule({ cache })] });
    const end = (may: string, name = 'old') =>
      as(may, running.port, `/maintenance/keys/${name}`, { method: 'DELETE' });
    expect((await end('see_info')).status).toBe(403);
    expect((await end('toggle_maintenance_mode')).status).toBe(404);
    expect((await end(ALL, 'older')).status).toBe(404);
    const ended = await end(ALL);
    expect(ended.status).toBe(200);
    expect(ended.json<Changed>()).toMatchObject({ name: 'old', value: false });
    expect((await as(ALL, running.port, '/maintenance/keys/old')).status).toBe(404);
    await using again = await createApp({
      imports: [adminModule({ cache, keys: [new MaintenanceKey('old')] })],
    });
    expect(again.app.get(MaintenanceService).isActive('old')).toBe(false);
  });

  it('returns the built-in data of a key whose toJSON() fails, and logs it once a minute', async () => {
    class Broken extends MaintenanceKey {
      override toJSON(): never {
        throw new Error('secret words');
      }
    }
    await using running = await start({ keys: [new Broken('broken')] });
    for (const path of ['keys', 'admin/state', 'admin', 'keys']) {
      const answer = await as(ALL, running.port, `/maintenance/${path}`, {
        headers: path === 'admin' ? { accept: 'text/html' } : {},
      });
      expect([path, answer.status]).toEqual([path, 200]);
      expect(answer.text).toContain('broken');
      expect(answer.text).not.toContain('secret words');
    }
    expect(running.log.filter((line) => line.includes('toJSON'))).toEqual([
      expect.stringContaining('toJSON() of maintenance key "broken" threw: secret words'),
    ]);
  });

  it('reports that a key stays on while a job holds it, and ends all holds with DELETE', async () => {
    await using running = await start();
    const service = running.app.get(MaintenanceService);
    const held = await service.maintain('import-export', { drain: false });
    await service.setMaintenance(true, 'import-export');
    const off = await as(ALL, running.port, '/maintenance/keys/import-export', {
      method: 'PUT',
      json: { mode: false },
    });
    expect(off.status).toBe(200);
    expect(off.json<Changed>()).toMatchObject({ value: true, change: { from: true, to: true } });
    expect(held.signal.aborted).toBe(false);
    const unset = await as(ALL, running.port, '/maintenance/keys/import-export', { method: 'DELETE' });
    expect(unset.json<Changed>().value).toBe(false);
    expect(held.signal.aborted).toBe(true);
    await held.leave();
  });

  it('records the reason that a DELETE may give, and rejects any other body', async () => {
    await using running = await start();
    const service = running.app.get(MaintenanceService);
    const end = (init: object) =>
      as(ALL, running.port, '/maintenance/keys/general', { method: 'DELETE', ...init });
    await service.setMaintenance(true, 'general', { reason: 'Upgrade' });
    for (const json of [{ raeson: 'Done' }, { reason: 5 }, [], 'Done']) {
      expect((await end({ json })).status).toBe(400);
    }
    expect(service.isActive('general')).toBe(true);
    expect((await end({ json: { reason: 'Done' } })).status).toBe(200);
    const [entry] = await service.getHistory({ limit: 1 });
    expect(entry).toMatchObject({
      cause: 'unset',
      to: false,
      reason: 'Done',
      previous: { reason: 'Upgrade' },
    });
    for (const init of [{}, { json: {} }]) {
      await service.setMaintenance(true, 'general');
      expect((await end(init)).status).toBe(200);
      expect((await service.getHistory({ limit: 1 }))[0]).toMatchObject({ cause: 'unset', reason: null });
    }
  });

  it('rejects the second of two concurrent operators, and loses nothing', async () => {
    await using running = await start();
    const tag = (await as(ALL, running.port, '/maintenance/keys/general')).headers['etag'] as string;
    const write = (reason: string) =>
      as(ALL, running.port, '/maintenance/keys/general', {
        method: 'PUT',
        json: { mode: true, reason },
        headers: { 'if-match': tag },
      });
    const answers = await Promise.all(['one', 'two', 'three', 'four'].map(write));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
    const winner = answers.find(({ status }) => status === 200)!;
    const now = await as(ALL, running.port, '/maintenance/keys/general');
    expect(now.json<Changed>().reason).toBe(winner.json<Changed>().reason);
    expect(now.headers['etag']).toBe(winner.headers['etag']);
    const loser = answers.find(({ status }) => status === 409)!;
    expect(loser.json<Problem>().message).toContain('changed by somebody else');

    const stale = await as(ALL, running.port, '/maintenance/keys/general', {
      method: 'DELETE',
      headers: { 'if-match': tag },
    });
    expect(stale.status).toBe(409);
    const fresh = await as(ALL, running.port, '/maintenance/keys/general', {
      method: 'DELETE',
      headers: { 'if-match': `"other", ${now.headers['etag'] as string}` },
    });
    expect(fresh.status).toBe(200);
  });

  it.each([
    ['nginx', (tag: string) => `W/${tag}`],
    ['Apache', (tag: string) => tag.replace(/"$/, '-gzip"')],
    ['Jetty', (tag: string) => tag.replace(/"$/, ';gzip"')],
    ['a weak one with a suffix', (tag: string) => `"other", W/${tag.replace(/"$/, '-br"')}`],
  ])('recognises the tag of a response that a proxy has compressed: %s', async (_proxy, alter) => {
    await using running = await start();
    const tag = (await as(ALL, running.port, '/maintenance/keys/general')).headers['etag'] as string;
    const write = async () =>
      as(ALL, running.port, '/maintenance/keys/general', {
        method: 'PUT',
        json: { mode: true },
        headers: { 'if-match': alter(tag) },
      });
    expect((await write()).status).toBe(200);
    expect((await write()).status).toBe(409);
  });

  it('is not affected by a concurrent change of another key', async () => {
    await using running = await start();
    const tag = (await as(ALL, running.port, '/maintenance/keys/general')).headers['etag'] as string;
    await running.app.get(MaintenanceService).setMaintenance(true, 'checkout');
    const answer = await as(ALL, running.port, '/maintenance/keys/general', {
      method: 'PUT',
      json: { mode: true },
      headers: { 'if-match': tag },
    });
    expect(answer.status).toBe(200);
  });

  it.each([
    'nope',
    '__proto__',
    'constructor',
    'toString',
    'GENERAL',
    '%2e%2e%2fgeneral',
    'general%00',
    '%3Cscript%3E',
    'a'.repeat(100),
    '%F0%9F%99%8F',
  ])('rejects the unknown key %j', async (name) => {
    await using running = await start();
    const json = { mode: true };
    for (const init of [
      {},
      { method: 'PUT', json },
      { method: 'PATCH', json },
      { method: 'DELETE' },
    ] as const) {
      const answer = await as(ALL, running.port, `/maintenance/keys/${name}`, init);
      expect(answer.status).toBe(404);
      expect(answer.json<Problem>().message).toMatch(
        /^Unknown maintenance key ".+"; registered: "general", "import-export", "checkout"\.$/,
      );
      if (!('method' in init)) continue;
      const stranger = await as('toggle_maintenance_mode', running.port, `/maintenance/keys/${name}`, init);
      expect(stranger.status).toBe(404);
      expect(stranger.text).not.toContain('checkout');
    }
  });

  it('hides keys that the caller may not edit, and does not reveal that they exist', async () => {
    class Locked extends MaintenanceKey {
      override isEditable(incoming: { headers: Record<string, string> }): boolean {
        if (incoming.headers['x-user'] === 'broken') throw new Error('on purpose');
        return incoming.headers['x-user'] === 'Ada';
      }
    }
    await using running = await start({ keys: [new Locked('payroll', { label: 'Payroll' })] });
    const write = (may: string, user: string) =>
      as(may, running.port, '/maintenance/keys/payroll', {
        method: 'PUT',
        json: { mode: true },
        headers: { 'x-user': user },
      });
    expect(await write(ALL, 'Bob')).toMatchObject({ status: 403 });
    expect(await write(ALL, 'broken')).toMatchObject({ status: 403 });
    const stranger = await write('toggle_maintenance_mode', 'Bob');
    const unknown = await as('toggle_maintenance_mode', running.port, '/maintenance/keys/payrolx', {
      method: 'PUT',
      json: { mode: true },
    });
    expect(stranger.status).toBe(404);
    expect(stranger.text).toBe(unknown.text.replace('payrolx', 'payroll'));
    const offered = async (user: string) =>
      (await as(ALL, running.port, '/maintenance/admin/state', { headers: { 'x-user': user } }))
        .json<{ keys: { name: string }[] }>()
        .keys.map(({ name }) => name);
    expect(await offered('Bob')).toEqual(['general']);
    expect(await offered('Ada')).toEqual(['general', 'payroll']);
    expect((await write(ALL, 'Ada')).status).toBe(200);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'a veto',
      () => new MaintenanceVetoError('The nightly import is running.'),
      /^The change was refused: The nightly import is running\.$/,
    ],
    ['an error', () => new Error('SECRET'), /^The change was refused by a hook\.$/],
    [
      'an error that looks like one of ours',
      () => new MaintenanceConfigurationError('SECRET', { option: 'SECRET' }),
      /^The change was refused by a hook\.$/,
    ],
    ['a store error', () => new MaintenanceStoreError('SECRET'), /^The change was refused by a hook\.$/],
    ['an HTTP error', () => new HttpException('SECRET', 418), /^The change was refused by a hook\.$/],
    ['text', () => 'SECRET', /^The change was refused by a hook\.$/],
    ['nothing', () => undefined, /^The change was refused by a hook\.$/],
  ])('answers 409 where a hook throws %s', async (_case, thrown, message) => {
    class Veto {
      @OnMaintenance('changing', 'general')
      refuse(): void {
        throw thrown();
      }
    }
    await using running = await start({}, [Veto] as never[]);
    for (const init of [{ method: 'PUT', json: { mode: true } }, { method: 'DELETE' }] as const) {
      const answer = await as(ALL, running.port, '/maintenance/keys/general', init);
      expect(answer.status).toBe(409);
      expect(answer.json<Problem>().message).toMatch(message);
      expect(answer.text).not.toContain('SECRET');
    }
    expect(running.app.get(MaintenanceService).isInMaintenance().value).toBe(false);
  });

  it('offers the menu item with the path the page is served at', async () => {
    await using running = await createApp({ imports: [adminModule({ path: 'ops/down' })] }, (app) =>
      app.setGlobalPrefix('api'),
    );
    const item = (await as(ALL, running.port, '/api/ops/down/menu')).json<{ url: string; active: boolean }>();
    expect(item).toEqual({
      label: 'Maintenance',
      url: '/api/ops/down/admin',
      icon: 'maintenance',
      active: false,
    });
    expect((await as(ALL, running.port, item.url)).status).toBe(200);
    await running.app.get(MaintenanceService).setMaintenance(true, 'checkout');
    expect((await as(ALL, running.port, '/api/ops/down/menu')).json()).toMatchObject({ active: true });
  });

  it('answers in the requested language', async () => {
    await using running = await start({ translate: (text, language) => `${language}:${text}` });
    await running.app.get(MaintenanceService).setMaintenance(true, 'general', { message: 'Hello' });
    const headers = { 'accept-language': 'de-AT,en;q=0.5' };
    const key = await as(ALL, running.port, '/maintenance/keys/general', { headers });
    expect(key.json()).toMatchObject({ label: 'de-AT:General maintenance', message: 'de-AT:Hello' });
    const page = (await as(ALL, running.port, '/maintenance/admin', { headers })).text;
    expect(page).toContain('<html lang="de-AT" dir="ltr">');
    expect(page).toContain('"switchOn":"de-AT:Start maintenance…"');
  });
});

describe('a store that fails', () => {
  const requests = [
    ['PUT', 'keys/general'],
    ['PATCH', 'keys/general'],
    ['DELETE', 'keys/general'],
    ['POST', 'admin/ticket'],
    ['DELETE', 'replicas/x'],
    ['GET', 'replicas'],
    ['GET', 'keys/general/quiet'],
  ] as const;
  const ask = (port: number, [method, path]: (typeof requests)[number]) =>
    as(ALL, port, `/maintenance/${path}`, {
      method,
      ...(method.startsWith('P') && method !== 'POST' && { json: { mode: false } }),
    });
  /** On a busy machine connecting may take longer than a command may. */
  const begin = (service: MaintenanceService) => until(() => service.setMaintenance(true).then(() => true));
  /** What Redis and its driver say, which is for the log. */
  const FOREIGN =
    /redis|eval|script|econn|127\.0\.0\.1|readonly|oom|maxmemory|command|noauth|wrongpass|max retries/i;

  it('is reported in plain words with the known outcome, and the last known state stays', async () => {
    const redis = await RedisServer.start();
    try {
      const module = adminModule({ redis: redis.url, commandTimeout: 300 });
      await using running = await createExpressApp({ imports: [module] });
      await begin(running.app.get(MaintenanceService));
      await redis.kill();
      for (const one of requests) {
        const lost = await ask(running.port, one);
        const { message, outcome } = lost.json<Problem & { outcome?: string }>();
        expect(lost.status, one.join(' ')).toBe(503);
        expect(message).toMatch(/^The store /);
        expect(message).not.toMatch(FOREIGN);
        expect(String(outcome), one.join(' ')).toMatch(
          one[0] === 'GET' ? /^undefined$/ : /^(unknown|refused)$/,
        );
      }
      expect(
        running.log.some((line) => /The store failed a request of the admin API: .*Redis/.test(line)),
      ).toBe(true);
      const known = await as(ALL, running.port, '/maintenance/keys/general');
      expect(known.json()).toMatchObject({ value: true });
      const state = await as(ALL, running.port, '/maintenance/admin/state');
      expect(state.json()).toMatchObject({ storeUp: false, headline: 'closed' });
    } finally {
      await redis.stop();
    }
  });

  it.each([
    ['refuses writes', ['REPLICAOF', '127.0.0.1', '1']],
    ['is full', ['CONFIG', 'SET', 'maxmemory', '1']],
  ])('%s: nothing is changed, and the response says so', async (_what, [command = '', ...args]) => {
    const redis = await RedisServer.start();
    const client = new Redis(redis.url);
    try {
      const module = adminModule({ redis: redis.url, commandTimeout: 500 });
      await using running = await createExpressApp({ imports: [module] });
      await begin(running.app.get(MaintenanceService));
      await client.call(command, ...args);
      for (const one of requests.slice(0, 3)) {
        const answer = await ask(running.port, one);
        const { message, outcome } = answer.json<Problem & { outcome?: string }>();
        expect(answer.status, one.join(' ')).toBe(503);
        expect(message).not.toMatch(FOREIGN);
        expect(`${outcome}: ${message}`).toMatch(
          /^refused: .* Nothing was changed\.$|^unknown: .* unknown whether /,
        );
      }
      expect(running.app.get(MaintenanceService).isActive()).toBe(true);
    } finally {
      client.disconnect();
      await redis.stop();
    }
  });
});

it('the admin API does not exist when it is switched off', async () => {
  await using running = await createExpressApp({ imports: [adminModule({ admin: false })] });
  expect((await request(running.port, '/maintenance/admin')).status).toBe(404);
  expect((await request(running.port, '/maintenance/ping')).status).toBe(200);
});
