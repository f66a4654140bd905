import {
  MaintenanceConfigurationError,
  MaintenanceKey,
  UnknownMaintenanceKeyError,
} from 'nestjs-maintenance';
import { describe, expect, it } from 'vitest';
import { failure, started } from '../module/started.js';

const secret = 'correct horse battery staple, and more';

describe('the service returns', () => {
  it('keys and their data, in order', async () => {
    await using running = await started({ keys: [new MaintenanceKey('a', { order: -1 })] });
    expect(running.service.getKeys().map(({ name }) => name)).toEqual(['a', 'general']);
    await running.service.setMaintenance(true, 'a', { message: 'Back soon' });
    const data = await running.service.getKeyData();
    expect(Object.keys(data)).toEqual(['a', 'general']);
    expect(data.a).toMatchObject({ name: 'a', value: true, message: 'Back soon' });
    expect(data.general).toMatchObject({ name: 'general', value: false, since: null });
  });

  it('keys as a new array, which the caller may change', async () => {
    await using running = await started({ keys: [new MaintenanceKey('a', { order: -1 })] });
    (running.service.getKeys() as MaintenanceKey[]).reverse().pop();
    expect(running.service.getKeys().map(({ name }) => name)).toEqual(['a', 'general']);
  });

  it('its health, which is always good in memory', async () => {
    await using running = await started();
    expect(running.service.health()).toEqual({
      up: true,
      stale: null,
      revision: 0,
      lease: Infinity,
      error: null,
      clockSkew: 0,
    });
    await running.service.setMaintenance(true);
    await running.service.refresh();
    expect(running.service.health().revision).toBe(1);
  });

  it('itself as the only replica without Redis', async () => {
    await using running = await started();
    await running.service.setMaintenance(true);
    const replicas = await running.service.replicas();
    expect(replicas).toEqual([
      {
        id: expect.any(String) as string,
        host: expect.any(String) as string,
        pid: process.pid,
        revision: 1,
        applied: true,
        inFlight: 0,
        lastSeen: expect.any(Date) as Date,
        silent: false,
        connection: expect.any(String) as string,
        observer: true,
        unknownKeys: [],
        version: expect.stringMatching(/^\d/) as string,
        clockSkew: 0,
      },
    ]);
  });

  it('a menu item to those who may see it', async () => {
    const subject = { type: 'http', request: { user: 'ada' } } as const;
    await using denied = await started();
    expect(await denied.service.getMenuItem(subject)).toBeNull();

    await using running = await started({
      path: 'ops/maintenance',
      permissions: (permission, { type, ...rest }) =>
        type === 'http' &&
        permission === 'see_menu_item' &&
        'request' in rest &&
        rest.request === subject.request,
    });
    const item = await running.service.getMenuItem(subject);
    expect(item).toEqual({
      label: 'Maintenance',
      url: '/ops/maintenance/admin',
      icon: expect.any(String) as string,
      active: false,
    });
    await running.service.setMaintenance(true);
    expect((await running.service.getMenuItem(subject))?.active).toBe(true);
    expect(await running.service.getMenuItem({ type: 'socket', socket: {} })).toBeNull();
  });
});

describe('createBypassToken()', () => {
  it('needs a secret', async () => {
    await using running = await started();
    expect(() => running.service.createBypassToken()).toThrow(MaintenanceConfigurationError);
    expect(() => running.service.createBypassToken()).toThrow(
      /needs the maintenance option "bypass\.secret"/,
    );
  });

  it('returns text that fits into a URL unescaped, without the secret', async () => {
    await using running = await started({ bypass: { secret }, keys: [new MaintenanceKey('a')] });
    const token = running.service.createBypassToken({ expiresIn: 1_000, keys: ['a', 'general'] });
    expect(encodeURIComponent(token)).toBe(token);
    expect(Buffer.from(token, 'base64url').toString()).not.toContain('horse');
    expect(running.service.createBypassToken()).not.toBe(token);
  });

  it.each([0, -1, 1.5, Number.NaN, Infinity, 8.64e15, '1d', null])(
    'refuses expiresIn %o',
    async (expiresIn) => {
      await using running = await started({ bypass: { secret } });
      expect(() => running.service.createBypassToken({ expiresIn: expiresIn as number })).toThrow(
        /"expiresIn" received .+; accepted: whole milliseconds above 0/,
      );
    },
  );

  it.each([[[]], ['a'], [{}]])('refuses the keys %o', async (keys) => {
    await using running = await started({ bypass: { secret } });
    expect(() => running.service.createBypassToken({ keys: keys as never })).toThrow(
      /"keys" received .+; accepted: an array of at least one key/,
    );
  });

  it('refuses a key that is not registered', async () => {
    await using running = await started({ bypass: { secret } });
    expect(() => running.service.createBypassToken({ keys: ['ghost'] })).toThrow(UnknownMaintenanceKeyError);
  });
});

describe('a service whose application has ended', () => {
  it('no longer changes anything', async () => {
    const running = await started();
    await running.app.close();
    const error = await failure(running.service.maintain('general', () => 'done'));
    expect(error.name).toMatch(/^Maintenance/);
    expect(running.service.isInMaintenance().value).toBe(false);
  });
});
