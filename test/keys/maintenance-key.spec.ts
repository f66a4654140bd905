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

  it('are taken as they are', () => {
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
    ['template', '', 'a view name or a function'],
    ['template', 5, 'a view name or a function'],
    ['statusClass', class {}, 'a class that extends MaintenanceStatus'],
    ['statusClass', 'x', 'a class that extends MaintenanceStatus'],
    ['statusClass', () => true, 'a class that extends MaintenanceStatus'],
    ['scope', 'page', "'site' or 'marked'"],
    ['readOnly', 'yes', 'a boolean'],
    ['public', 0, 'a boolean'],
  ])('are refused when wrong: %s %o', (option, value, accepted) => {
    const { message } = thrown(() => new MaintenanceKey('billing', { [option]: value }));
    expect(message).toContain(`"${option} of key billing"`);
    expect(message).toContain(`accepted: ${accepted}`);
  });

  it.each([null, 'x', [1]])('must be an object: %o', (options) => {
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
  it('are asked in their order, and among equals as they were given', async () => {
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

  it('may have names that every object has', async () => {
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
  it('has exactly these members while nothing is known', () => {
    expect(new MaintenanceKey('a', { label: 'A', helpText: 'about a', order: 3 }).toJSON()).toStrictEqual({
      name: 'a',
      value: false,
      order: 3,
      label: 'A',
      helpText: 'about a',
      timeout: MONTH,
      since: null,
      until: null,
      message: null,
      reason: null,
      actor: null,
    });
  });

  it('tells what is known, in ISO 8601', async () => {
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
      until: until.toISOString(),
      ...told,
    });
    expect(JSON.parse(JSON.stringify({ key }))).toEqual({ key: json });
    expect((await running.service.getKeyData()).a).toEqual(json);
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

describe('isMaintenance()', () => {
  it('reads the store afresh', async () => {
    const key = new MaintenanceKey('a');
    await using running = await started({ keys: [key] });
    expect(await key.isMaintenance()).toBe(false);
    await running.service.setMaintenance(true, key);
    expect(await key.isMaintenance()).toBe(true);
  });

  it('says that the key belongs to no running application, before and after', async () => {
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

  it('is left to the module without a template', async () => {
    expect(await new MaintenanceKey('a').render({}, context)).toBeUndefined();
  });

  it('is rendered with what getContext() gives, by what getTemplate() names', async () => {
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
