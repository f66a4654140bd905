import {
  GENERAL_MAINTENANCE,
  MaintenanceKey,
  MaintenanceStatus,
  UnknownMaintenanceKeyError,
} from 'nestjs-maintenance';
import { describe, expect, it } from 'vitest';
import { started } from '../module/started.js';

class Passes extends MaintenanceStatus {
  override maintaining(): boolean {
    return false;
  }
}

const keys = () => ({
  first: new MaintenanceKey('first', { order: -2, statusClass: Passes }),
  second: new MaintenanceKey('second', { order: -1 }),
  marked: new MaintenanceKey('marked', { scope: 'marked' }),
  readOnly: new MaintenanceKey('read-only', { readOnly: true }),
});

async function site() {
  const all = keys();
  const running = await started({ keys: Object.values(all) });
  const put = async (...on: MaintenanceKey[]) => {
    for (const key of on) await running.service.setMaintenance(true, key);
  };
  return { ...all, running, service: running.service, put, [Symbol.asyncDispose]: () => running.app.close() };
}

const request = { method: 'POST' };

describe('isInMaintenance()', () => {
  it('is inactive, without a key, while nothing is on', async () => {
    await using at = await site();
    const status = at.service.isInMaintenance(request);
    expect(status).toBeInstanceOf(MaintenanceStatus);
    expect(status).toMatchObject({ value: false, key: null, request, active: false });
    expect(status.maintaining()).toBe(false);
  });

  it('returns the status of the key that decides, with its state', async () => {
    await using at = await site();
    await at.service.setMaintenance(true, at.second, { message: 'Back soon' });
    const status = at.service.isInMaintenance(request);
    expect(status).toMatchObject({ value: true, key: at.second, request, active: true });
    expect(status.state).toMatchObject({ value: true, message: 'Back soon', switched: true });
  });

  it('evaluates keys in order, and a key whose status admits the request does not hide the next', async () => {
    await using at = await site();
    await at.put(GENERAL_MAINTENANCE, at.second, at.first);
    expect(at.service.isInMaintenance(request).key).toBe(at.second);
    await at.service.setMaintenance(false, at.second);
    expect(at.service.isInMaintenance(request).key).toBe(GENERAL_MAINTENANCE);
    await at.service.setMaintenance(false);
    expect(at.service.isInMaintenance(request).value).toBe(false);
  });

  it('evaluates only the given keys: a name, a key, an array of both', async () => {
    await using at = await site();
    await at.put(GENERAL_MAINTENANCE, at.second);
    const decides = (...asked: Parameters<typeof at.service.isInMaintenance>) =>
      at.service.isInMaintenance(...asked).key?.name ?? null;
    expect(decides(request, 'general')).toBe('general');
    expect(decides(request, at.second)).toBe('second');
    expect(decides(request, ['general', at.second])).toBe('second');
    expect(decides(request, 'marked')).toBeNull();
    expect(decides(request, [])).toBeNull();
    expect(decides(undefined, 'general')).toBe('general');
  });

  it('counts a marked key without a request and by name, not for an unmarked request', async () => {
    await using at = await site();
    await at.put(at.marked);
    expect(at.service.isInMaintenance().key).toBe(at.marked);
    expect(at.service.isInMaintenance(null).key).toBe(at.marked);
    expect(at.service.isInMaintenance(request).value).toBe(false);
    expect(at.service.isInMaintenance(request, 'marked').key).toBe(at.marked);
  });

  it.each([
    ['GET', false],
    ['HEAD', false],
    ['OPTIONS', false],
    ['POST', true],
    ['PUT', true],
    ['PATCH', true],
    ['DELETE', true],
    ['get', true],
    [undefined, true],
  ])('a read-only key and %s: %s', async (method, refused) => {
    await using at = await site();
    await at.put(at.readOnly);
    expect(at.service.isInMaintenance({ method }).value).toBe(refused);
    expect(at.service.isInMaintenance({ method }, 'read-only').value).toBe(refused);
    expect(at.service.isInMaintenance().value).toBe(true);
  });

  it.each([
    'unknown',
    '',
    '__proto__',
    'constructor',
    'a:b',
    'a\0b',
    'a'.repeat(10_240),
    5,
    null,
    {},
    ['general', 'unknown'],
    [['general']],
  ])('throws for the unknown key %o', async (key) => {
    await using at = await site();
    let thrown: unknown;
    try {
      at.service.isInMaintenance(request, key as string);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(UnknownMaintenanceKeyError);
    const { message } = thrown as Error;
    expect(message).toMatch(/Unknown maintenance key .+; registered: "first", "second"|Unknown .+"general"/s);
    expect(message.length).toBeLessThan(300);
  });

  it('accepts a key object as its name', async () => {
    await using at = await site();
    await at.service.setMaintenance(true, new MaintenanceKey('second'));
    expect(at.service.isInMaintenance(request).key).toBe(at.second);
    expect(() => at.service.isInMaintenance(request, new MaintenanceKey('stranger'))).toThrow(
      UnknownMaintenanceKeyError,
    );
  });

  it('refuses if a status class throws, and logs it', async () => {
    class Broken extends MaintenanceStatus {
      override maintaining(): boolean {
        throw new Error('on purpose');
      }
    }
    await using running = await started({ keys: [new MaintenanceKey('broken', { statusClass: Broken })] });
    await running.service.setMaintenance(true, 'broken');
    expect(running.service.isInMaintenance(request)).toMatchObject({ value: true, active: true });
    expect(running.log.join('\n')).toMatch(/status class of maintenance key "broken" threw.+on purpose/);
  });
});

describe('isActive()', () => {
  it('says whether any of these keys is on now, without a request', async () => {
    await using at = await site();
    expect(at.service.isActive()).toBe(false);
    await at.put(at.first, at.marked);
    expect(at.service.isActive()).toBe(true);
    expect(at.service.isActive('first')).toBe(true);
    expect(at.service.isActive(at.marked)).toBe(true);
    expect(at.service.isActive('second')).toBe(false);
    expect(at.service.isActive(['second', at.marked])).toBe(true);
    expect(at.service.isActive([])).toBe(false);
  });

  it('rejects unknown keys', async () => {
    await using at = await site();
    expect(() => at.service.isActive('third')).toThrow(UnknownMaintenanceKeyError);
  });
});
