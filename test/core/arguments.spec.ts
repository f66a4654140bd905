import {
  MaintenanceConfigurationError,
  MaintenanceKey,
  MaintenanceModule,
  SkipDuringMaintenance,
  UnknownMaintenanceKeyError,
  type MaintenanceService,
} from 'nestjs-maintenance';
import { createMaintenance } from 'nestjs-maintenance/standalone';
import { describe, expect, it } from 'vitest';
import { failure, started, startedWith } from '../module/started.js';

class Settings {
  readonly message = 'as a class';
}

/** What has no property that anybody reads; code may pass it where it means one of the options. */
const NO_OPTIONS: [kind: string, value: object][] = [
  ['Date', new Date(Date.now() + 60_000)],
  ['Promise', Promise.resolve()],
  ['Map', new Map([['timeout', 5]])],
  ['AbortSignal', new AbortController().signal],
];

const CALLS: Record<string, (service: MaintenanceService, options: never) => unknown> = {
  setMaintenance: (service, options) => service.setMaintenance(true, 'key', options),
  unsetMaintenance: (service, options) => service.unsetMaintenance('key', options),
  maintain: (service, options) => service.maintain('key', options),
  'maintain with work': (service, options) => service.maintain('key', () => undefined, options),
  whileOpen: (service, options) => service.whileOpen('key', () => undefined, options),
  waitUntilOpen: (service, options) => service.waitUntilOpen('key', options),
  quiet: (service, options) => service.quiet('key', options),
  getHistory: (service, options) => service.getHistory(options),
  getWindows: (service, options) => service.getWindows(options),
  scheduleWindow: (service, options) => service.scheduleWindow('key', options),
  updateWindow: (service, options) => service.updateWindow(service.getWindows()[0]!.id, options),
  cancelWindow: (service, options) => service.cancelWindow(service.getWindows()[0]!.id, options),
};

async function site() {
  const running = await started({ keys: [new MaintenanceKey('key')] });
  const { service } = running;
  await service.scheduleWindow('key', { start: new Date(Date.now() + 3_600_000), duration: 1_000 });
  return running;
}

describe('objects without options', () => {
  it.each(Object.keys(CALLS))('are refused by %s(), and nothing changes', async (method) => {
    await using at = await site();
    const call = CALLS[method]!;
    for (const [kind, value] of NO_OPTIONS) {
      const error = await failure((async () => call(at.service, value as never))());
      expect(error).toBeInstanceOf(MaintenanceConfigurationError);
      expect(error.message).toMatch(
        kind === 'Date'
          ? /"options of \w+\(\)" received \d{4}-.+; accepted: an object/
          : new RegExp(`"options of \\w+\\(\\)" received an object \\(${kind}\\); accepted: an object`),
      );
    }
    expect(at.service.isActive()).toBe(false);
    expect(at.service.getWindows()).toMatchObject([{ revision: 1 }]);
  });

  it.each(NO_OPTIONS)('are refused by declarations: a %s', async (_kind, value) => {
    const given = value as never;
    const refused = expect.objectContaining({ code: 'MAINTENANCE_CONFIGURATION' });
    expect(() => new MaintenanceKey('key', given)).toThrow(refused);
    expect(() => SkipDuringMaintenance('key', given)).toThrow(refused);
    expect(await failure(startedWith({ imports: [MaintenanceModule.forRoot(given)] }))).toEqual(refused);
    expect(await failure(createMaintenance(given))).toEqual(refused);
    for (const option of ['general', 'history', 'bypass', 'socket', 'admin', 'refusalHeaders']) {
      const error = await failure(started({ [option]: value }));
      expect(error).toMatchObject({ code: 'MAINTENANCE_CONFIGURATION', option });
    }
  });

  it('do not include literals, instances of classes and objects without a prototype', async () => {
    await using at = await site();
    const { service } = at;
    expect((await service.setMaintenance(true, 'key', new Settings())).message).toBe('as a class');
    const bare = Object.assign(Object.create(null) as object, { message: 'bare' });
    expect((await service.setMaintenance(true, 'key', bare)).message).toBe('bare');
    expect((await service.setMaintenance(true, 'key', Object.create(null) as object)).message).toBe('bare');
  });
});

describe('a key', () => {
  it('that is no key is unknown, whatever it is', async () => {
    await using at = await site();
    const error = await failure(at.service.setMaintenance(true, Object.create(null) as never));
    expect(error).toBeInstanceOf(UnknownMaintenanceKeyError);
    expect(error.message).toMatch('Unknown maintenance key an object (null prototype); registered: ');
    const bare = Object.create(Object.create(null) as object) as never;
    expect(await failure(at.service.setMaintenance(true, bare))).toBeInstanceOf(UnknownMaintenanceKeyError);
  });

  it('that is unknown is described by its class, whatever its own properties are', async () => {
    await using at = await site();
    const posing: unknown = JSON.parse(
      '[{"constructor":{"name":"Date"}},{"constructor":{"name":{"toString":1}}}]',
    );
    for (const value of posing as never[]) {
      const error = await failure(at.service.setMaintenance(true, value));
      expect(error).toBeInstanceOf(UnknownMaintenanceKeyError);
      expect(error.message).toMatch('Unknown maintenance key an object (Object); registered: ');
    }
  });

  it('is not what has its name as text', async () => {
    await using at = await site();
    await at.service.setMaintenance(true, 'key');
    expect(await failure(at.service.unsetMaintenance(['key'] as never))).toBeInstanceOf(
      UnknownMaintenanceKeyError,
    );
    expect(at.service.isActive('key')).toBe(true);
  });
});

describe('a list of keys without any', () => {
  it('is refused where it would protect nothing', async () => {
    await using at = await site();
    let ran = false;
    const calls = [
      at.service.whileOpen([], () => (ran = true)),
      at.service.whileOpen([], () => (ran = true), { otherwise: 'wait' }),
      at.service.waitUntilOpen([]),
    ];
    for (const call of calls) {
      expect((await failure(call)).message).toBe(
        'Maintenance option "keys" received an array of 0; accepted: at least one key.',
      );
    }
    expect(ran).toBe(false);
  });
});

it('a process without Nest must say which Redis it uses', async () => {
  for (const given of [{}, { redis: undefined }]) {
    const error = await failure(createMaintenance(given as never));
    expect(error.message).toMatch('"redis" received undefined; accepted: a redis:// or rediss:// URL');
    expect(error.message).toMatch('redis: process.env.REDIS_URL ?? false');
  }
});
