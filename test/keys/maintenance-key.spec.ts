import {
  DAY,
  GENERAL_MAINTENANCE,
  HOUR,
  MaintenanceConfigurationError,
  MaintenanceKey,
  MaintenanceStatus,
  MINUTE,
  MONTH,
  WEEK,
  type MaintenanceKeyOptions,
  type MaintenanceTemplateContext,
} from 'nestjs-maintenance';
import { describe, expect, it } from 'vitest';
import { KeyRegistry } from '../../lib/core/keys/key-registry.js';
import { failure, started } from '../module/started.js';

function thrown(act: () => unknown): MaintenanceConfigurationError {
  try {
    act();
  } catch (error) {
    if (error instanceof MaintenanceConfigurationError) return error;
    throw error;
  }
  throw new Error('It did not throw');
}

describe('durations', () => {
  it('are milliseconds', () => {
    expect([MINUTE, HOUR, DAY, WEEK, MONTH]).toEqual([
      60_000, 3_600_000, 86_400_000, 604_800_000, 2_592_000_000,
    ]);
  });
});

describe('the name of a key', () => {
  it.each([
    'a',
    '0',
    'import-export',
    'billing.v2',
    'UPPER_case',
    'constructor',
    'toString',
    'hasOwnProperty',
    'a'.repeat(128),
  ])('may be %s', (name) => {
    expect(new MaintenanceKey(name).name).toBe(name);
  });

  it.each<unknown>([
    '',
    ' ',
    '__proto__',
    '_a',
    '-a',
    '.a',
    'a:b',
    'a b',
    'a/b',
    'a\0b',
    '\0',
    'a\n',
    'a\r\nb',
    'ä',
    'a😀',
    'а', // Cyrillic
    'a'.repeat(129),
    'a'.repeat(10_240),
    undefined,
    null,
    5,
    {},
    ['a'],
    Symbol('a'),
  ])('may not be %o', (name) => {
    const { message } = thrown(() => new MaintenanceKey(name as string));
    expect(message).toMatch(/"key name" received .+; accepted: a string that matches /s);
    expect(message.length).toBeLessThan(300);
    expect(message).not.toContain('\0');
  });
});

describe('the options of a key', () => {
  it('have defaults', () => {
    expect({ ...new MaintenanceKey('a') }).toEqual({
      name: 'a',
      label: 'a',
      helpText: '',
      order: 0,
      timeout: MONTH,
      template: undefined,
      statusClass: MaintenanceStatus,
      scope: 'site',
      readOnly: false,
      public: true,
    });
  });

  it('are kept as given', () => {
    class OfficeHours extends MaintenanceStatus {}
    const options: MaintenanceKeyOptions = {
      label: 'Billing',
      helpText: 'Invoices',
      order: -1.5,
      timeout: 0,
      template: 'billing',
      statusClass: OfficeHours,
      scope: 'marked',
      readOnly: true,
      public: false,
      ignorePaths: ['/health'],
    };
    const key = new MaintenanceKey('billing', options);
    expect(key).toMatchObject(options);
    expect(key.getStatusClass()).toBe(OfficeHours);
    expect(key.getTemplate(undefined)).toBe('billing');
    expect(key.isEditable(undefined)).toBe(true);
  });

  it('count as not given when they are undefined', () => {
    expect(new MaintenanceKey('a', { label: undefined, timeout: undefined })).toMatchObject({
      label: 'a',
      timeout: MONTH,
    });
  });

  it.each<[keyof MaintenanceKeyOptions, unknown, string]>([
    ['label', 5, 'a string'],
    ['label', null, 'a string'],
    ['helpText', {}, 'a string'],
    ['order', '1', 'a finite number'],
    ['order', Number.NaN, 'a finite number'],
    ['order', Infinity, 'a finite number'],
    ['timeout', -1, 'whole milliseconds, 0 for ever'],
    ['timeout', 1.5, 'whole milliseconds, 0 for ever'],
    ['timeout', Number.NaN, 'whole milliseconds, 0 for ever'],
    ['timeout', Infinity, 'whole milliseconds, 0 for ever'],
    ['timeout', '1h', 'whole milliseconds, 0 for ever'],
    ['timeout', null, 'whole milliseconds, 0 for ever'],
    ['timeout', 60, 'whole milliseconds, 0 for ever, or at least 1000'],
    ['timeout', 999, 'whole milliseconds, 0 for ever, or at least 1000'],
    ['template', '', 'a view name or a function'],
    ['template', 5, 'a view name or a function'],
    ['statusClass', class {}, 'a class that extends MaintenanceStatus'],
    ['statusClass', 'x', 'a class that extends MaintenanceStatus'],
    ['statusClass', () => true, 'a class that extends MaintenanceStatus'],
    ['scope', 'page', "'site' or 'marked'"],
    ['readOnly', 'yes', 'a boolean'],
    ['public', 0, 'a boolean'],
    ['ignorePaths', '/health', 'an array of paths'],
    ['ignorePaths', ['/api/*'], 'an array of paths'],
    ['ignorePaths', ['/'], 'an array of paths'],
  ])('are refused when wrong: %s %o', (option, value, accepted) => {
    const { message } = thrown(() => new MaintenanceKey('billing', { [option]: value }));
    expect(message).toContain(`"${option} of key billing"`);
    expect(message).toContain(`accepted: ${accepted}`);
    // as a field of a class does, after the constructor has checked what it was given
    const replaced = Object.assign(new MaintenanceKey('billing'), { [option]: value });
    expect(thrown(() => new KeyRegistry().add(replaced, 'here')).message).toBe(message);
  });

  it('may be class properties, checked when the key is registered', async () => {
    class Import extends MaintenanceKey {
      override readonly label = 'Import';
      override readonly order = -1;
      override readonly timeout = HOUR;
      override readonly ignorePaths = ['/health'];
    }
    class InSeconds extends MaintenanceKey {
      override readonly timeout = 60;
    }
    await using at = await started({ keys: [new Import('import')] });
    expect(at.service.getKeys().map(String)).toEqual(['import', 'general']);
    expect((await at.service.getKeyData())['import']).toMatchObject({ label: 'Import', timeout: HOUR });
    await expect(started({ keys: [new InSeconds('import')] })).rejects.toThrow(
      '"timeout of key import" received 60; accepted: whole milliseconds, 0 for ever, or at least 1000',
    );
    expect(
      thrown(() => new KeyRegistry().add(Object.assign(new Import('import'), { name: 'a b' }), 'here'))
        .message,
    ).toContain('"key name" received "a b"');
  });

  it.each([null, 'x', [1], new Map([['order', 1]])])('must be an object: %o', (options) => {
    expect(thrown(() => new MaintenanceKey('a', options as never)).message).toMatch(
      /"options of key a" received .+; accepted: an object/,
    );
  });

  it('must be known', () => {
    expect(thrown(() => new MaintenanceKey('a', { lable: 'A' } as never)).message).toMatch(
      /Unknown maintenance option "lable of key a"; accepted: label, helpText, order/,
    );
  });
});

describe('GENERAL_MAINTENANCE', () => {
  it('is the whole site, for a day', () => {
    expect(GENERAL_MAINTENANCE).toMatchObject({
      name: 'general',
      timeout: DAY,
      scope: 'site',
      readOnly: false,
      public: true,
    });
  });

  it('is always registered, and cannot be declared again', async () => {
    await using running = await started({ keys: [new MaintenanceKey('a', { order: -1 })] });
    expect(running.service.getKeys().map(({ name }) => name)).toEqual(['a', 'general']);
    const again = started({ keys: [new MaintenanceKey('general')] });
    expect((await failure(again)).message).toMatch(
      /"general" is declared twice: by the library and by the option "keys" \(index 0\)/,
    );
  });
});

describe('keys as an option', () => {
  it('are evaluated in their order, equal ones as given', async () => {
    const key = (name: string, order?: number) => new MaintenanceKey(name, { order });
    await using running = await started({
      keys: [key('d', 2), key('b'), key('c', 1), key('a', -1), key('e')],
    });
    expect(running.service.getKeys().map(({ name }) => name)).toEqual(['a', 'general', 'b', 'e', 'c', 'd']);
  });

  it('stop the start when a name is declared twice, naming both places', async () => {
    const error = await failure(started({ keys: [new MaintenanceKey('a'), new MaintenanceKey('a')] }));
    expect(error).toBeInstanceOf(MaintenanceConfigurationError);
    expect(error.message).toBe(
      'Maintenance key "a" is declared twice: by the option "keys" (index 0) and by the option "keys" (index 1).',
    );
  });

  it('may have names of built-in object members', async () => {
    const keys = ['constructor', 'toString', 'hasOwnProperty', 'valueOf'].map(
      (name) => new MaintenanceKey(name),
    );
    await using running = await started({ keys });
    await running.service.setMaintenance(true, 'constructor');
    const data = await running.service.getKeyData();
    expect(Object.entries(data).map(([name, { value }]) => [name, value])).toEqual([
      ['general', false],
      ['constructor', true],
      ['toString', false],
      ['hasOwnProperty', false],
      ['valueOf', false],
    ]);
  });
});

describe('key data', () => {
  it('has exactly these members for a key that is off', () => {
    expect(new MaintenanceKey('a', { label: 'A', helpText: 'about a', order: 3 }).toJSON()).toStrictEqual({
      name: 'a',
      value: false,
      order: 3,
      label: 'A',
      helpText: 'about a',
      timeout: MONTH,
      scope: 'site',
      readOnly: false,
      phase: 'open',
      since: null,
      until: null,
      endsAt: null,
      message: null,
      reason: null,
      actor: null,
      holder: null,
      abandoned: false,
    });
  });

  it('shows all facts of a key that is on, in ISO 8601', async () => {
    const key = new MaintenanceKey('a');
    await using running = await started({ keys: [key] });
    const until = new Date(Date.now() + HOUR);
    const told = { message: 'Back soon', reason: 'upgrade', actor: 'ada' };
    await running.service.setMaintenance(true, key, { until, ...told });
    const json = key.toJSON();
    expect(json).toStrictEqual({
      name: 'a',
      value: true,
      order: 0,
      label: 'a',
      helpText: '',
      timeout: MONTH,
      since: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
      scope: 'site',
      readOnly: false,
      phase: 'closed',
      until: until.toISOString(),
      endsAt: until.toISOString(),
      ...told,
      holder: null,
      abandoned: false,
    });
    expect(JSON.parse(JSON.stringify({ key }))).toEqual({ key: json });
    expect((await running.service.getKeyData()).a).toEqual(json);
  });

  it('says when it ends, even if visitors do not see it', async () => {
    const key = new MaintenanceKey('a', { timeout: HOUR, readOnly: true, scope: 'marked' });
    await using running = await started({ keys: [key] });
    const { at } = await running.service.setMaintenance(true, key);
    expect(key.toJSON()).toMatchObject({
      until: null,
      endsAt: new Date(at.getTime() + HOUR).toISOString(),
      phase: 'readOnly',
      scope: 'marked',
      readOnly: true,
    });
    await running.service.setMaintenance(true, key, { timeout: 0 });
    expect(key.toJSON()).toMatchObject({ until: null, endsAt: null });
  });

  it('can be extended', async () => {
    class Loud extends MaintenanceKey {
      override toJSON(...state: Parameters<MaintenanceKey['toJSON']>) {
        return { ...super.toJSON(...state), label: 'LOUD' };
      }
    }
    await using running = await started({ keys: [new Loud('loud')] });
    expect((await running.service.getKeyData()).loud?.label).toBe('LOUD');
  });
});

describe('the name', () => {
  it('is the string value of a key', () => {
    const key = new MaintenanceKey('billing');
    expect(String(key)).toBe('billing');
    expect(`${key}`).toBe('billing');
  });
});

describe('the general key', () => {
  it('looks and lasts as the application configures, only in this application', async () => {
    const general = { label: 'Shop', helpText: 'All of it', timeout: HOUR };
    await using running = await started({ general });
    await using other = await started();
    expect((await running.service.getKeyData()).general).toMatchObject(general);
    expect((await other.service.getKeyData()).general).toMatchObject({
      label: 'General maintenance',
      timeout: DAY,
    });
    const { at } = await running.service.setMaintenance(true);
    const { endsAt } = (await running.service.getKeyData()).general!;
    expect(Math.abs(Date.parse(endsAt!) - at.getTime() - HOUR)).toBeLessThan(1_000);
    // the constant stands for it, too
    expect(running.service.isInMaintenance(undefined, GENERAL_MAINTENANCE).active).toBe(true);
    expect(running.service.isActive(GENERAL_MAINTENANCE)).toBe(true);
    expect(other.service.isActive(GENERAL_MAINTENANCE)).toBe(false);
    await other.app.close();
    expect(await GENERAL_MAINTENANCE.isMaintenance()).toBe(true);
    expect(GENERAL_MAINTENANCE.toJSON().value).toBe(true);
  });
});

describe('isMaintenance()', () => {
  it('reads the store afresh', async () => {
    const key = new MaintenanceKey('a');
    await using running = await started({ keys: [key] });
    expect(await key.isMaintenance()).toBe(false);
    await running.service.setMaintenance(true, key);
    expect(await key.isMaintenance()).toBe(true);
  });

  it('rejects before and after the life of the application', async () => {
    const key = new MaintenanceKey('a');
    const lost = /Maintenance key "a" is not registered with a running application/;
    expect((await failure(key.isMaintenance())).message).toMatch(lost);
    const running = await started({ keys: [key] });
    await running.service.setMaintenance(true, key);
    await running.app.close();
    expect((await failure(key.isMaintenance())).message).toMatch(lost);
    expect(key.toJSON().value).toBe(false);
  });
});

describe('a page of its own', () => {
  const context = {
    key: 'a',
    renderTemplate: async (template: unknown, given: Record<string, unknown>) =>
      `${String(template)} ${String(given.extra)}`,
  } as unknown as MaintenanceTemplateContext;

  it("falls back to the module's page without a template", async () => {
    expect(await new MaintenanceKey('a').render({}, context)).toBeUndefined();
  });

  it('is rendered by getTemplate() with getContext()', async () => {
    class Page extends MaintenanceKey {
      override getTemplate(request: { vip?: boolean }) {
        return request.vip ? 'vip' : 'all';
      }

      override async getContext(_request: unknown, parent: MaintenanceTemplateContext) {
        return { ...(await super.getContext(_request, parent)), extra: 'more' };
      }
    }
    const key = new Page('a');
    expect(await key.render({ vip: true }, context)).toBe('vip more');
    expect(await key.render({}, context)).toBe('all more');
  });
});
